//! The REST door of a node (grpc-gateway).

pub(crate) mod akash;
pub(crate) mod cosmos;
pub(crate) mod json;
pub(crate) mod paging;

use crate::chain::blocks::Chain;
use crate::chain::{Ctx, State};
use crate::endpoints::Node;
use crate::http::{Request, Response, Url};
use serde_json::{Value, json};

/// A gRPC status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) code: u32,
    pub(crate) message: String,
}

/// A read's answer.
pub(crate) type Answer<T> = Result<T, Status>;

/// `InvalidArgument`.
pub(crate) fn invalid<T>(message: &str) -> Answer<T> {
    Err(Status {
        code: 3,
        message: message.into(),
    })
}

/// What the gateway makes of an error of the SDK that carries no gRPC code: HTTP status 500.
pub(crate) fn unknown<T>(message: impl Into<String>) -> Answer<T> {
    Err(Status {
        code: 2,
        message: message.into(),
    })
}

/// `NotFound`.
pub(crate) fn not_found<T>(message: impl Into<String>) -> Answer<T> {
    Err(Status {
        code: 5,
        message: message.into(),
    })
}

impl Status {
    /// As grpc-gateway maps it.
    pub(crate) fn response(&self) -> Response {
        let http = match self.code {
            3 | 9 | 11 => 400,
            5 => 404,
            6 | 10 => 409,
            7 => 403,
            12 => 501,
            14 => 503,
            _ => 500,
        };
        let body = json!({"code": self.code, "message": self.message, "details": []});
        Response::json(http, &body)
    }
}

/// What a read sees.
pub(crate) struct View<'a> {
    pub(crate) chain: &'a Chain,
    pub(crate) state: &'a State,
    pub(crate) ctx: Ctx,
    /// How far this node has come.
    pub(crate) tip: u64,
    /// Its first block.
    pub(crate) base: u64,
    /// The first block after which it still has the state.
    pub(crate) oldest: u64,
}

impl<'a> View<'a> {
    /// The state that a request asks for.
    pub(crate) fn open(node: &Node<'a>, header: Option<&str>) -> Answer<View<'a>> {
        let (chain, tip) = (node.chain, node.tip);
        let height = match header.map(str::parse::<u64>) {
            None | Some(Ok(0)) => tip,
            Some(Ok(height)) => height,
            Some(Err(_)) => return unknown("unable to parse height query"),
        };
        if height > tip {
            return unknown(
                "cannot query with height in the future; please provide a valid height: \
                 invalid height",
            );
        }
        let state = chain
            .state_at(height)
            .filter(|_| height >= node.oldest_state);
        let (Some(state), Some(time)) = (state, chain.time_at(height)) else {
            let message = format!(
                "failed to load state at height {height}; version does not exist (latest height: \
                 {tip}): invalid request"
            );
            return Err(Status { code: 2, message });
        };
        Ok(View {
            chain,
            state,
            ctx: chain.ctx(height, time),
            tip,
            base: node.base,
            oldest: node.oldest_state,
        })
    }
}

/// Header that pins a height.
pub(crate) const HEIGHT_HEADER: &str = "x-cosmos-block-height";

/// Answers a read. Broadcasts are handled by the endpoint.
pub(crate) fn get(node: &Node<'_>, request: &Request, url: &Url) -> Response {
    let answer = View::open(node, request.header(HEIGHT_HEADER)).and_then(|view| {
        let height = view.ctx.height;
        route(&view, url).map(|value| (value, height))
    });
    match answer {
        Ok((value, height)) => {
            let mut response = Response::json(200, &value);
            let name = "grpc-metadata-x-cosmos-block-height".to_owned();
            response.headers.push((name, height.to_string()));
            response
        }
        Err(status) => status.response(),
    }
}

fn route(view: &View<'_>, url: &Url) -> Answer<Value> {
    let path = url.segments();
    match path.as_slice() {
        ["akash", rest @ ..] => akash::route(view, url, rest),
        ["cosmos", rest @ ..] => cosmos::route(view, url, rest),
        _ => no_such_route(),
    }
}

/// What the gateway says to an unknown path.
pub(crate) fn no_such_route<T>() -> Answer<T> {
    Err(Status {
        code: 12,
        message: "Not Implemented".into(),
    })
}

/// A number in a path or a query.
pub(crate) fn number<T: std::str::FromStr + Default>(text: &str) -> Answer<T> {
    if text.is_empty() {
        return Ok(T::default());
    }
    text.parse()
        .or_else(|_| invalid("type mismatch, parameter: number"))
}
