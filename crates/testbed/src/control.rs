//! The control API: plain HTTP and JSON on a port of its own, for tests in any language.
//!
//! | | |
//! | --- | --- |
//! | `GET /requests?key=…&since=N` | the recorded requests, oldest first |
//! | `GET /stats` | each door's traffic, and how many orders were taken |
//! | `GET /taken?since=N` | the keys of the orders taken after the first N, in the sequence in which they were taken |
//! | `POST /rules {"key"\|"path":…, "behaviour":…}` | what to do with requests; neither key nor path: with all |
//! | `DELETE /rules` | forgets them |
//! | `POST /reset` | forgets rules and records |
//! | `POST /door {"name":…, "open":bool}` | shuts a port, or opens it again |
//! | `POST /close-idle` | ends every idle connection |
//! | `GET /proxy`, `POST /proxy {"mode":…}` | the proxy: ok, authenticate, hang, garbage or close |
//! | `POST /recording {"on":bool}` | whether requests are recorded |

use std::{io, net::Ipv4Addr, sync::Arc, sync::atomic::Ordering::Relaxed};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    Api, proxy,
    record::{Record, Selector},
};

/// Serves the control API on a free port, which it returns.
pub(crate) async fn open(api: Arc<Api>) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let router = Router::new()
        .route("/requests", get(requests))
        .route("/stats", get(stats))
        .route("/taken", get(taken))
        .route("/rules", post(rule).delete(async |State(api): State<Arc<Api>>| api.shared.clear_rules()))
        .route("/reset", post(async |State(api): State<Arc<Api>>| api.shared.reset()))
        .route("/door", post(door))
        .route(
            "/close-idle",
            post(async |State(api): State<Arc<Api>>| api.shared.close_idle.notify_waiters()),
        )
        .route("/proxy", get(async |State(api): State<Arc<Api>>| Json(api.proxy.state())).post(proxy_mode))
        .route("/recording", post(recording))
        .with_state(api);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(port)
}

#[derive(Deserialize)]
struct Filter {
    key: Option<String>,
    since: Option<u64>,
}

async fn requests(State(api): State<Arc<Api>>, Query(filter): Query<Filter>) -> Json<Vec<Record>> {
    let mut records = api.shared.requests(filter.since.unwrap_or(0));
    records.retain(|record| filter.key.is_none() || record.idempotency_key == filter.key);
    Json(records)
}

async fn stats(State(api): State<Arc<Api>>) -> Json<Value> {
    let doors: serde_json::Map<_, _> =
        api.doors.iter().map(|(name, door)| ((*name).to_owned(), json!(door.traffic))).collect();
    Json(json!({ "doors": doors, "taken": api.shared.taken() }))
}

#[derive(Deserialize)]
struct Since {
    since: Option<usize>,
}

async fn taken(State(api): State<Arc<Api>>, Query(Since { since }): Query<Since>) -> Json<Vec<String>> {
    Json(api.shared.taken_keys(since.unwrap_or(0)))
}

#[derive(Deserialize)]
struct Rule {
    key: Option<String>,
    path: Option<String>,
    behaviour: String,
}

async fn rule(State(api): State<Arc<Api>>, Json(rule): Json<Rule>) -> Result<(), (StatusCode, String)> {
    let behaviour = rule.behaviour.parse().map_err(|fault| (StatusCode::BAD_REQUEST, fault))?;
    let selector = match (rule.key, rule.path) {
        (Some(key), _) => Selector::Key(key),
        (None, Some(path)) => Selector::Path(path),
        (None, None) => Selector::Any,
    };
    api.shared.rule(selector, behaviour);
    Ok(())
}

#[derive(Deserialize)]
struct DoorState {
    name: String,
    open: bool,
}

async fn door(State(api): State<Arc<Api>>, Json(state): Json<DoorState>) -> Result<(), StatusCode> {
    api.doors.get(state.name.as_str()).ok_or(StatusCode::NOT_FOUND)?.set_open(state.open);
    Ok(())
}

#[derive(Deserialize)]
struct ProxyMode {
    mode: proxy::Mode,
}

async fn proxy_mode(State(api): State<Arc<Api>>, Json(ProxyMode { mode }): Json<ProxyMode>) {
    api.proxy.set_mode(mode);
}

#[derive(Deserialize)]
struct Recording {
    on: bool,
}

async fn recording(State(api): State<Arc<Api>>, Json(Recording { on }): Json<Recording>) {
    api.shared.recording.store(on, Relaxed);
}
