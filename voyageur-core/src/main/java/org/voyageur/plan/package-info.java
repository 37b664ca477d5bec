/** What would be changed and why: pure rules from a guest and a target to a list of changes. */
@NullMarked
package org.voyageur.plan;

import org.jspecify.annotations.NullMarked;
