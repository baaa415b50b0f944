//! The demo's news site is built into the program; the macro that does it does not watch the folder.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=fixtures/site");
}
