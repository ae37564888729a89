//! The control plane: the commands' implementation and its server.
