// One point of a search space: every parameter of a kernel's family with its value, sorted by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gemmtune {

/// Concrete: no "max", no "all". Booleans and enumerations are integers too.
///
/// A map of numbers by name. Journals and plans have millions of them, of a handful of lists of names: a
/// configuration has its numbers alone, and the list is kept once, as long as the program lives.
class Config {
 public:
  using Names = std::vector<std::string>;
  using key_type = std::string;
  using mapped_type = std::int64_t;
  using value_type = std::pair<const std::string, std::int64_t>;

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Config::value_type;
    using difference_type = std::ptrdiff_t;
    using reference = std::pair<const std::string&, const std::int64_t&>;
    struct pointer {
      reference member;
      const reference* operator->() const { return &member; }
    };

    Iterator() = default;
    Iterator(const std::string* name, const std::int64_t* value) : name_(name), value_(value) {}
    reference operator*() const { return {*name_, *value_}; }
    pointer operator->() const { return {**this}; }
    Iterator& operator++() {
      ++name_;
      ++value_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return name_ == other.name_; }

   private:
    const std::string* name_ = nullptr;
    const std::int64_t* value_ = nullptr;
  };
  using iterator = Iterator;
  using const_iterator = Iterator;

  Config();
  Config(std::initializer_list<value_type> members);
  explicit Config(const std::map<std::string, std::int64_t>& members);
  /// In any order; of a name that comes twice the first stands.
  explicit Config(std::vector<std::pair<std::string_view, std::int64_t>> members);

  bool empty() const { return values_.empty(); }
  std::size_t size() const { return values_.size(); }
  const_iterator begin() const { return {names_->data(), values_.data()}; }
  const_iterator end() const { return {names_->data() + names_->size(), values_.data() + values_.size()}; }
  const_iterator find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != end(); }
  /// Throws std::out_of_range.
  std::int64_t at(std::string_view name) const;
  /// A new parameter is 0. The reference is good until the next one that is new, or gone.
  std::int64_t& operator[](std::string_view name);
  void erase(std::string_view name);
  /// As the JSON library fills a map.
  const_iterator insert(const_iterator, const value_type& member) {
    (*this)[member.first] = member.second;
    return find(member.first);
  }

  /// The same list for all configurations of these names: they can be told apart by its address.
  const Names& names() const { return *names_; }
  /// In the order of the names.
  const std::vector<std::int64_t>& values() const { return values_; }

  friend bool operator==(const Config& a, const Config& b) {
    return a.names_ == b.names_ && a.values_ == b.values_;
  }
  /// As of maps: name by name, each with its value.
  friend bool operator<(const Config& a, const Config& b);

 private:
  std::size_t place_of(std::string_view name) const;

  const Names* names_;
  std::vector<std::int64_t> values_;
};

/// Hash of the canonical text (16 hex digits); the `config_id` of rows.
std::string config_id(const Config& config);

/// `block_m=64,block_n=112,...`: what `--config` reads.
std::string describe(const Config& config);

}  // namespace gemmtune
