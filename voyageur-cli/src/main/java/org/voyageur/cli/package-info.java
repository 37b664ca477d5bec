/** The command line: picocli commands, what they print for people and as JSON, and progress. */
@NullMarked
package org.voyageur.cli;

import org.jspecify.annotations.NullMarked;
