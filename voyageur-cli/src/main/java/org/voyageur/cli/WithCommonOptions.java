package org.voyageur.cli;

/** A command that has the options which all have. */
interface WithCommonOptions {
  CommonOptions common();
}
