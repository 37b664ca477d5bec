/** Error codes and the exception that carries them, each with a remedy for the operator. */
@NullMarked
package org.voyageur.error;

import org.jspecify.annotations.NullMarked;
