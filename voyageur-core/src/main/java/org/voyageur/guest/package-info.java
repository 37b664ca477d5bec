/** Inspection: everything a conversion must know about a guest, as one immutable record. */
@NullMarked
package org.voyageur.guest;

import org.jspecify.annotations.NullMarked;
