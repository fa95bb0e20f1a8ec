// Every row of a journal as a Parquet file, by Apache Arrow's C++ library where the build has found that
// (scripts/cmake/Parquet.cmake).
#include "export/formats.h"
#include "util/error.h"

#ifdef GEMMTUNE_PARQUET
#include "core/problem.h"
#include "core/row.h"
#include "export/fastest.h"
#include "export/row_columns.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/util/compression.h>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace gemmtune::exports {

namespace {

void check(const arrow::Status& status) {
  if (!status.ok()) throw InternalError("Apache Arrow: " + status.ToString());
}

template <typename T>
T taken(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

template <typename T>
struct Appender {
  typename arrow::CTypeTraits<T>::BuilderType builder;

  arrow::Status append(const T& value) { return builder.Append(value); }
};

template <typename T>
struct Appender<std::vector<T>> {
  using Elements = typename arrow::CTypeTraits<T>::BuilderType;

  std::shared_ptr<Elements> elements = std::make_shared<Elements>();
  arrow::ListBuilder builder{arrow::default_memory_pool(), elements};

  arrow::Status append(const std::vector<T>& values) {
    check(builder.Append());
    for (const T& value : values) check(elements->Append(value));
    return arrow::Status::OK();
  }
};

std::shared_ptr<arrow::Array> array_of(const RowColumn& column, const std::vector<Row>& rows) {
  return std::visit(
      [&]<typename T>(const T&) -> std::shared_ptr<arrow::Array> {
        if constexpr (std::is_same_v<T, std::monostate>) {
          throw InternalError("the column " + column.name + " has no type");
        } else {
          Appender<T> appender;
          for (const Row& row : rows) {
            const RowValue value = column.value(row);
            if (std::holds_alternative<std::monostate>(value))
              check(appender.builder.AppendNull());
            else
              check(appender.append(std::get<T>(value)));
          }
          return taken(appender.builder.Finish());
        }
      },
      column.empty);
}

std::shared_ptr<arrow::Table> table_of(const std::vector<Row>& rows) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const RowColumn& column : columns_of(rows)) {
    arrays.push_back(array_of(column, rows));
    fields.push_back(arrow::field(column.name, arrays.back()->type()));
  }
  return arrow::Table::Make(arrow::schema(fields), arrays, static_cast<std::int64_t>(rows.size()));
}

/// What readers everywhere know, of what this Arrow was built with.
arrow::Compression::type compression() {
  for (const auto type : {arrow::Compression::ZSTD, arrow::Compression::SNAPPY})
    if (arrow::util::Codec::IsAvailable(type)) return type;
  return arrow::Compression::UNCOMPRESSED;
}

std::shared_ptr<arrow::Table> read(const std::string& bytes) {
  parquet::arrow::FileReaderBuilder builder;
  check(builder.Open(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes))));
  std::unique_ptr<parquet::arrow::FileReader> reader;
  check(builder.Build(&reader));
  std::shared_ptr<arrow::Table> table;
#if ARROW_VERSION_MAJOR >= 24  // where the other is deprecated
  table = taken(reader->ReadTable());
#else
  check(reader->ReadTable(&table));
#endif
  return taken(table->CombineChunks());
}

/// The array of a column, which must be of this type.
template <typename Array>
const Array& column(const arrow::Table& table, const std::string& name) {
  const std::shared_ptr<arrow::ChunkedArray> found = table.GetColumnByName(name);
  ensure(found != nullptr && found->num_chunks() == 1, "the file has no column " + name);
  ensure(found->type()->id() == Array::TypeClass::type_id, "the column " + name + " is of another type");
  return static_cast<const Array&>(*found->chunk(0));
}

}  // namespace

Files write_parquet(const Source& source) {
  const std::shared_ptr<arrow::Table> table = table_of(source.journal.rows);
  const auto sink = taken(arrow::io::BufferOutputStream::Create());
  check(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink,
                                   parquet::DEFAULT_MAX_ROW_GROUP_LENGTH,
                                   parquet::WriterProperties::Builder().compression(compression())->build()));
  return {{"", taken(sink->Finish())->ToString()}};
}

report::Grid read_back_parquet(const Files& files, const Source& source) {
  const std::shared_ptr<arrow::Table> table = read(files.at(0).bytes);
  ensure(table->num_rows() == static_cast<std::int64_t>(source.journal.rows.size()),
         "the file has other rows than the journal");
  const auto& id = column<arrow::StringArray>(*table, "id");
  const auto& problem = column<arrow::StringArray>(*table, "problem_id");
  const auto& provider = column<arrow::StringArray>(*table, "provider");
  const auto& time_us = column<arrow::DoubleArray>(*table, "time_us");
  constexpr std::string_view kConfig = "config.";
  std::map<std::string, const arrow::Int64Array*> parameters;
  for (const std::string& name : table->ColumnNames())
    if (name.starts_with(kConfig))
      parameters[name.substr(kConfig.size())] = &column<arrow::Int64Array>(*table, name);
  std::map<std::string, Fastest> fastest;  ///< by problem
  for (std::int64_t i = 0; i < table->num_rows(); ++i) {
    ensure(id.GetView(i) == row_id(source.journal.rows[static_cast<std::size_t>(i)]),
           "a row of the file is not the journal's");
    if (provider.GetView(i) != provider::kGemmtune) continue;
    Fastest& of_problem = fastest[problem.GetString(i)];
    ++of_problem.results;
    if (time_us.IsNull(i)) continue;
    Config config;
    for (const auto& [name, values] : parameters)
      if (!values->IsNull(i)) config[name] = values->Value(i);
    of_problem.offer(config, time_us.Value(i));
  }
  report::Grid grid = fastest_grid();
  for (const TableEntry& entry : source.table.entries) {
    const auto found = fastest.find(problem_id(entry.problem));
    ensure(found != fastest.end() && found->second.timed > 0,
           "the file has no time of " + describe(entry.problem));
    found->second.where = describe(entry.problem);
    add_row(grid, found->second, entry);
  }
  return grid;
}

}  // namespace gemmtune::exports

#else
#include "util/shell.h"

namespace gemmtune::exports {

namespace {

[[noreturn]] void refuse(const Source& source) {
  throw UserError(
      source.name +
      ": --format parquet needs Apache Arrow's C++ library, and this gemmtune was built without: install "
      "libparquet-dev, or pyarrow by pip, and build again (src/export/README.md says how). The same rows are "
      "in \"gemmtune report " +
      shell_quoted(source.name) +
      " --format csv\" and in gemmtune_runs.read(), whose frame has to_parquet()");
}

}  // namespace

Files write_parquet(const Source& source) {
  refuse(source);
}

report::Grid read_back_parquet(const Files&, const Source& source) {
  refuse(source);
}

}  // namespace gemmtune::exports

#endif
