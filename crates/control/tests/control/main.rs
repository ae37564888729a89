//! The real service on loopback, with a simulated OpenRouter behind it.

#![expect(clippy::expect_used, clippy::panic, reason = "these are tests")]

mod amounts;
mod approximate;
mod audit;
mod balance;
mod budget;
mod capture;
mod clients;
mod commands;
mod config;
mod costs;
mod counts;
mod doctor;
mod figures;
mod guard;
mod import;
mod page;
mod routes;
mod routing;
mod spike;
mod starting;
mod support;
