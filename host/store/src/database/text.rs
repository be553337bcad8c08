//! Types for texts with U+0000, which PostgreSQL's type `TEXT` cannot hold.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef};
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Encode, Postgres, Sqlite, Type};

/// The character that replaces U+0000: U+2400, the picture of it.
const NULL_SHOWN: &str = "\u{2400}";

/// A text that is shown or compared. On PostgreSQL each U+0000 becomes [`NULL_SHOWN`], both in stored values and in
/// values that are compared with them.
#[derive(Clone, Copy)]
pub struct Text<'q>(pub &'q str);

/// A text that is read exactly as it was written and is ordered by its bytes: `TEXT` on SQLite, `BYTEA` on PostgreSQL.
#[derive(Clone, Copy)]
pub struct Key<T>(pub T);

impl Type<Sqlite> for Text<'_> {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl<'q> Encode<'q, Sqlite> for Text<'q> {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        <&str as Encode<'q, Sqlite>>::encode_by_ref(&self.0, buffer)
    }
}

impl Type<Postgres> for Text<'_> {
    fn type_info() -> PgTypeInfo {
        <str as Type<Postgres>>::type_info()
    }
}

impl<'q> Encode<'q, Postgres> for Text<'q> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        if self.0.contains('\0') {
            return <String as Encode<'q, Postgres>>::encode(self.0.replace('\0', NULL_SHOWN), buffer);
        }
        <&str as Encode<'q, Postgres>>::encode_by_ref(&self.0, buffer)
    }
}

impl<T> Type<Sqlite> for Key<T> {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }
}

impl<'q> Encode<'q, Sqlite> for Key<&'q str> {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        <&str as Encode<'q, Sqlite>>::encode_by_ref(&self.0, buffer)
    }
}

impl<'r> Decode<'r, Sqlite> for Key<String> {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        <String as Decode<'r, Sqlite>>::decode(value).map(Self)
    }
}

impl<T> Type<Postgres> for Key<T> {
    fn type_info() -> PgTypeInfo {
        <[u8] as Type<Postgres>>::type_info()
    }
}

impl<'q> Encode<'q, Postgres> for Key<&'q str> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <&[u8] as Encode<'q, Postgres>>::encode_by_ref(&self.0.as_bytes(), buffer)
    }
}

impl<'r> Decode<'r, Postgres> for Key<String> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(String::from_utf8(<Vec<u8> as Decode<'r, Postgres>>::decode(value)?)?))
    }
}
