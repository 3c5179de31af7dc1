//! Each hole by itself is found by the check that names it, and by no other.

use std::net::SocketAddr;

use super::front::{self, Behind, Hole};
use super::{Report, World};
use crate::support::{Gate, Upstream, free_port};

/// A front with a hole, and all that stands behind it.
struct Broken {
    world: World,
    front: SocketAddr,
    _gates: [Gate; 2],
}

impl Broken {
    fn with(hole: Hole) -> Self {
        let world = World::new();
        let gates = [world.gate(world.app), world.gate(Upstream::start().address)];
        let behind = Behind {
            gate: gates[0].address,
            decider: gates[1].address,
            admin: gates[0].admin,
            app: world.app,
        };
        Self {
            front: front::start(hole, behind),
            world,
            _gates: gates,
        }
    }

    fn report(&self) -> Report {
        self.world.full(self.front, &[])
    }
}

#[test]
fn front_without_a_hole_is_well() {
    Broken::with(Hole::None)
        .report()
        .assert_well_but(&["direct-path", "door", "sidegate-down"]);
}

#[test]
fn each_hole_is_found_by_the_check_that_names_it() {
    for (hole, name) in [
        (Hole::Open, "refuses"),
        (Hole::Believes, "spoofed-headers"),
        (Hole::Keeps, "stripped-headers"),
        (Hole::Original, "original-request"),
        (Hole::ErrorPasses, "errors-refuse"),
        (Hole::AsksAboutAnother, "path-as-judged"),
        (Hole::OpenHook, "webhook-refusals"),
        (Hole::LosesBody, "webhook-body"),
        (Hole::KeepsCredential, "credentials-removed"),
        (Hole::LosesIdentity, "identity-headers"),
        (Hole::ShowsAdmin, "admin"),
    ] {
        let report = Broken::with(hole).report();
        assert_eq!(report.names("hole"), [name], "{hole:?}\n{}", report.lines);
    }
}

/// What a caller sees alone is enough for these.
#[test]
fn holes_that_show_from_outside_are_found_without_standing_in() {
    for (hole, name) in [
        (Hole::Open, "refuses"),
        (Hole::Believes, "spoofed-headers"),
        (Hole::Original, "original-request"),
        (Hole::ErrorPasses, "errors-refuse"),
        (Hole::AsksAboutAnother, "path-as-judged"),
        (Hole::OpenHook, "webhook-refusals"),
        (Hole::ShowsAdmin, "admin"),
    ] {
        let world = World::new();
        let app = Upstream::start();
        let gates = [
            world.gate(app.address),
            world.gate(Upstream::start().address),
        ];
        let behind = Behind {
            gate: gates[0].address,
            decider: gates[1].address,
            admin: gates[0].admin,
            app: app.address,
        };
        let report = world.doctor(front::start(hole, behind), &[]);
        assert_eq!(report.names("hole"), [name], "{hole:?}\n{}", report.lines);
    }
}

#[test]
fn app_that_answers_past_the_front_is_a_hole() {
    let broken = Broken::with(Hole::None);
    let app = Upstream::start();
    let report = broken.world.full(broken.front, &["--app", &app.url()]);
    report.assert_only("direct-path");
}

#[test]
fn app_that_is_reached_when_sidegate_is_down_is_a_hole() {
    for (hole, found) in [(Hole::None, false), (Hole::DownPasses, true)] {
        let world = World::new();
        let nobody = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let behind = Behind {
            gate: nobody,
            decider: nobody,
            admin: nobody,
            app: world.app,
        };
        let front = front::start(hole, behind);
        let app = world.app.to_string();
        let seen = world.doctor(front, &["--sidegate-down", "--as-app", &app]);
        match found {
            true => seen.assert_only("sidegate-down"),
            false => seen.assert_well_but(&["direct-path"]),
        }
    }
}
