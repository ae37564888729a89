//! The data plane: guard, parse, route, translate, send, pump, settle.
