/** A guest's filesystem, read and written without mounting it. */
@NullMarked
package org.voyageur.filesystem;

import org.jspecify.annotations.NullMarked;
