# To be sourced: sets JAVA_HOME to a JDK 25, or says what to install and exits with 3; and sees to
# a locale in which Java can name every file.
# Goes by the "release" file: starting every java to ask it takes longer than most commands.
is_jdk25() {
  [ -x "$1/bin/javac" ] && grep -q '^JAVA_VERSION="25[."]' "$1/release" 2>/dev/null
}
find_jdk25() {
  on_path=$(command -v javac || true)
  for candidate in "${JAVA_HOME:-}" "${on_path:+$(readlink -f "$on_path" | sed 's|/bin/javac$||')}" \
    /usr/lib/jvm/* /opt/java/* "${HOME:-}"/.sdkman/candidates/java/*; do
    if [ -n "$candidate" ] && is_jdk25 "$candidate"; then
      JAVA_HOME=$candidate
      export JAVA_HOME
      return
    fi
  done
  echo "voyageur: no JDK 25 was found in JAVA_HOME, on PATH or under /usr/lib/jvm" >&2
  echo "  Install one, such as Temurin 25 or Debian's openjdk-25-jdk-headless, or set JAVA_HOME" >&2
  exit 3
}
find_jdk25

# Names of files are bytes, and nearly always UTF-8. In the locale C (cron, containers, a locale that
# is not installed) Java cannot open a file whose name has any other byte than ASCII.
if [ "$(locale charmap 2>/dev/null)" = ANSI_X3.4-1968 ]; then
  export LC_ALL=C.UTF-8
fi
