//! The schema, one step a version. `user_version` says which steps a database has had; a step that was released is never changed.

/// The steps, in order: step `n` leads from version `n` to `n + 1`.
pub(super) const STEPS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    INCIDENTS,
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
];

/// After this step the incidents of what is stored already are made.
pub(super) const INCIDENTS: &str = include_str!("schema_6.sql");

/// What this program writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Marks the file as meoktong's (`meok` in ASCII), so that another program's database is never taken over.
pub(super) const APPLICATION_ID: i32 = 0x6d65_6f6b;

/// From this version on bodies of pages lie in the archive.
pub(super) const ARCHIVE: i64 = 3;
