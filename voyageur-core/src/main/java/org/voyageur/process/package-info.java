/** Running the host's programs; not exported. */
@NullMarked
package org.voyageur.process;

import org.jspecify.annotations.NullMarked;
