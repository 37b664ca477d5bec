package org.voyageur.convert;

import org.voyageur.plan.Plan;

/** What an image is, and what would be done to it. */
public record PlannedConversion(Inspection inspection, Plan plan) {}
