/** Intel's ISA-L, as far as it inflates. Not exported. */
@NullMarked
package org.voyageur.disk.isal;

import org.jspecify.annotations.NullMarked;
