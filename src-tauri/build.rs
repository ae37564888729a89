//! What Tauri makes of `tauri.conf.json`.

fn main() {
    tauri_build::build();
}
