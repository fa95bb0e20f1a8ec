# Installs man pages and completion scripts, made from the program's own help and options, and the changelog as Debian wants it.
install(CODE "
  set(share \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share\")
  execute_process(COMMAND \"${CMAKE_SOURCE_DIR}/scripts/man\" \"$<TARGET_FILE:gemmtune>\" \"\${share}/man/man1\"
    COMMAND_ERROR_IS_FATAL ANY)
  foreach(script bash=bash-completion/completions/gemmtune zsh=zsh/site-functions/_gemmtune
                 fish=fish/vendor_completions.d/gemmtune.fish)
    string(REPLACE \"=\" \";\" script \"\${script}\")
    list(GET script 0 shell)
    list(GET script 1 path)
    get_filename_component(folder \"\${share}/\${path}\" DIRECTORY)
    file(MAKE_DIRECTORY \"\${folder}\")
    execute_process(COMMAND \"$<TARGET_FILE:gemmtune>\" completion \${shell} OUTPUT_FILE \"\${share}/\${path}\"
      COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  file(MAKE_DIRECTORY \"\${share}/doc/gemmtune\")
  execute_process(COMMAND gzip -9 --no-name --stdout \"${CMAKE_SOURCE_DIR}/scripts/changelog\"
    OUTPUT_FILE \"\${share}/doc/gemmtune/changelog.gz\" COMMAND_ERROR_IS_FATAL ANY)
")
