//! `turnpike import`

use crate::support::{World, said};

#[test]
fn a_file_that_cannot_be_read_is_told_also_where_nothing_else_is_found() {
    let world = World::offline();
    std::fs::write(world.home.path().join("config.yaml"), "model_list: none\n").expect("written");
    let (code, out, errors) = said(&world.turnpike(&["import"]));
    assert_eq!(code, Some(0), "{errors}");
    assert!(out.starts_with("Nothing was found to import."), "{out}");
    assert!(out.contains("To know:") && out.contains("config.yaml, `model_list`"), "{out}");
}
