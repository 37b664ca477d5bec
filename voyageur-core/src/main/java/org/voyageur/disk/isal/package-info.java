/** ISA-L's inflate through the Foreign Function and Memory API; not exported. */
@NullMarked
package org.voyageur.disk.isal;

import org.jspecify.annotations.NullMarked;
