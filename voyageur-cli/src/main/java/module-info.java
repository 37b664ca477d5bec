/** The command line. */
module org.voyageur.cli {
  requires static org.jspecify;
  requires info.picocli;
  requires org.voyageur.core;
  requires org.voyageur.testkit;
  requires tools.jackson.databind;

  opens org.voyageur.cli to
      info.picocli,
      tools.jackson.databind;
}
