//! Pictures that a model has made.
//!
//! The Messages API has no block for them in an answer, so the way back puts each into a text block of its
//! own: `![image](data:image/png;base64,…)`. When that block comes back it is a picture again.

use std::borrow::Cow;

use turnpike_wire::chat::{DataUrl, ImageUrl, Picture};
use turnpike_wire::text::JsonStr;

/// What stands in for a picture where the model makes none.
pub(super) const NO_PICTURE: &str = "[a picture was here]";

const BEFORE: &str = "![image](data:";
const BETWEEN: &str = ";base64,";

/// The picture, if the text is one and nothing else. Large texts are looked at, not decoded.
pub(super) fn read<'a>(text: &JsonStr<'a>) -> Option<Picture<'a>> {
    let (media_type, data) = match text {
        JsonStr::Raw(raw) => {
            let (media_type, data) = split(raw.get().strip_prefix('"')?.strip_suffix('"')?)?;
            (Cow::Borrowed(media_type), Cow::Borrowed(data))
        }
        JsonStr::Decoded(Cow::Borrowed(text)) => {
            let (media_type, data) = split(text)?;
            (Cow::Borrowed(media_type), Cow::Borrowed(data))
        }
        JsonStr::Decoded(Cow::Owned(text)) => {
            let (media_type, data) = split(text)?;
            (Cow::Owned(media_type.to_owned()), Cow::Owned(data.to_owned()))
        }
    };
    let url = DataUrl::Data { media_type, data: JsonStr::Decoded(data) };
    Some(Picture { kind: "image_url", image_url: ImageUrl { url } })
}

fn split(text: &str) -> Option<(&str, &str)> {
    let (media_type, data) = text.strip_prefix(BEFORE)?.strip_suffix(')')?.split_once(BETWEEN)?;
    let named = media_type.strip_prefix("image/").is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-'))
    });
    let sound = !data.is_empty()
        && data.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_'));
    (named && sound).then_some((media_type, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_picture_alone_is_one() {
        for (text, url) in [
            ("![image](data:image/png;base64,iVBORw0K)", Some("data:image/png;base64,iVBORw0K")),
            ("![image](data:image/svg+xml;base64,aa/+==)", Some("data:image/svg+xml;base64,aa/+==")),
            ("See: ![image](data:image/png;base64,iVBORw0K)", None),
            ("![image](data:image/png;base64,iVBORw0K).", None),
            ("![image](data:image/png;base64,)", None),
            ("![image](data:image/;base64,aa)", None),
            ("![image](data:text/html;base64,aa)", None),
            ("![image](data:image/png;base64,a a)", None),
            ("![image](https://example.com/a.png)", None),
        ] {
            let found = read(&JsonStr::from(text)).map(|picture| picture.image_url.url.to_string());
            assert_eq!(found.as_deref(), url, "{text}");
            let json = serde_json::Value::from(text).to_string();
            let raw: JsonStr<'_> = serde_json::from_str(&json).unwrap();
            assert_eq!(read(&raw).map(|picture| picture.image_url.url.to_string()).as_deref(), url, "{text}");
        }
    }
}
