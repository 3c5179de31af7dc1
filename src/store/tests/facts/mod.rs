//! What holds of every store, whichever database is below it.

pub(super) mod changes;
pub(super) mod keys;
pub(super) mod lists;

/// A fact about two handles on one empty database: as two processes have them.
macro_rules! facts {
    ($($(#[$doc:meta])* $part:ident::$name:ident;)*) => {
        /// Makes a test of each fact, with a function that gives the settings of an empty database, and
        /// what has to live as long as it.
        macro_rules! hold {
            ($database:path) => {
                $(
                    #[tokio::test]
                    async fn $name() {
                        let (settings, _kept) = $database();
                        crate::store::tests::facts::$part::$name(&settings).await;
                    }
                )*
            };
        }
        pub(super) use hold;
    };
}

facts! {
    keys::key_comes_back_as_it_was;
    keys::key_is_found_by_the_digest_of_each_generation_in_its_own_set;
    keys::key_with_a_slow_hash_is_found_by_its_beginning;
    keys::too_many_that_begin_alike_are_an_error;
    keys::what_is_taken_is_refused_whole;
    keys::key_is_replaced_by_its_next_version_only;
    keys::old_digest_is_forgotten_with_its_generation;
    lists::list_is_filtered;
    lists::list_comes_in_pages;
    lists::uses_are_added_up;
    lists::audit_tells_the_newest_first;
    lists::refused_change_leaves_no_audit;
    changes::changes_are_told_in_order_to_every_process;
    changes::follower_begins_with_a_gap;
    changes::uses_are_no_change;
    changes::many_at_once_are_one_gap;
    changes::follower_is_told_that_nothing_changed;
}
