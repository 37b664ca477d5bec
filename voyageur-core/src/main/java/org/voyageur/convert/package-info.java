/** The pipeline: open, inspect, plan, apply, check, publish. */
@NullMarked
package org.voyageur.convert;

import org.jspecify.annotations.NullMarked;
