//! Requests about the stand-in itself, with paths below `/_stand-in/`. They need no credentials and are not logged.

use serde_json::json;

use crate::{
    message::{Response, Service},
    record,
    world::World,
};

pub(crate) fn answer(world: &World, service: Service, question: &str) -> Response {
    match (question, service) {
        ("requests", _) => Response::json(200, &record::summary(world.log(), service)),
        ("state", Service::HiBob) => Response::json(200, &world.hibob.state()),
        ("state", Service::TravelPerk) => Response::json(200, &world.travelperk.state()),
        _ => Response::json(404, &json!({ "error": "ask for requests or state" })),
    }
}
