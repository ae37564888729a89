//! Pure routing: request class, maps, targets, plans.
