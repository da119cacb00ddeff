//! A store whose errors are told in our words: what the store answered goes no further.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};

use super::trouble::{Provider, StoreError, Trouble};

/// Who it is, for errors.
#[derive(Clone)]
struct Teller {
    place: Arc<str>,
    provider: Provider,
}

impl Teller {
    /// The same error in our words. What its kind says to a program stays.
    fn tell(&self, error: Error) -> Error {
        if StoreError::find(&error).is_some() {
            return error;
        }
        let told = StoreError::of(&self.place, self.provider, &error);
        let trouble = told.trouble();
        let source = Box::new(told);
        match error {
            // Who takes a missing object for an answer must not take a missing bucket for one.
            Error::NotFound { path, .. } if trouble == Trouble::Object => Error::NotFound { path, source },
            Error::AlreadyExists { path, .. } => Error::AlreadyExists { path, source },
            Error::Precondition { path, .. } => Error::Precondition { path, source },
            Error::NotModified { path, .. } => Error::NotModified { path, source },
            Error::PermissionDenied { path, .. } => Error::PermissionDenied { path, source },
            Error::Unauthenticated { path, .. } => Error::Unauthenticated { path, source },
            Error::NotSupported { .. } => Error::NotSupported { source },
            Error::NotImplemented { operation, implementer } => {
                Error::NotImplemented { operation, implementer }
            }
            _ => Error::Generic { store: "object", source },
        }
    }
}

/// A store that tells its errors in our words.
pub(crate) struct Told {
    store: Arc<dyn ObjectStore>,
    teller: Teller,
}

impl Told {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, place: &str, provider: Provider) -> Self {
        Self { store, teller: Teller { place: place.into(), provider } }
    }

    fn each<T: 'static>(&self, stream: BoxStream<'static, Result<T>>) -> BoxStream<'static, Result<T>> {
        let teller = self.teller.clone();
        stream.map(move |item| item.map_err(|error| teller.tell(error))).boxed()
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Told").field(&self.teller.place).finish()
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.teller.place)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Told {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.store.put_opts(path, payload, options).await.map_err(|error| self.teller.tell(error))
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.store.put_multipart_opts(path, options).await;
        let upload = upload.map_err(|error| self.teller.tell(error))?;
        Ok(Box::new(ToldUpload { upload, teller: self.teller.clone() }))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let got = self.store.get_opts(path, options).await.map_err(|error| self.teller.tell(error))?;
        Ok(match got.payload {
            GetResultPayload::Stream(stream) => {
                GetResult { payload: GetResultPayload::Stream(self.each(stream)), ..got }
            }
            GetResultPayload::File(..) => got,
        })
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.store.get_ranges(path, ranges).await.map_err(|error| self.teller.tell(error))
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.each(self.store.delete_stream(paths))
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.each(self.store.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.each(self.store.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.store.list_with_delimiter(prefix).await.map_err(|error| self.teller.tell(error))
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.store.copy_opts(from, to, options).await.map_err(|error| self.teller.tell(error))
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.store.rename_opts(from, to, options).await.map_err(|error| self.teller.tell(error))
    }
}

/// An upload whose errors are told in our words.
struct ToldUpload {
    upload: Box<dyn MultipartUpload>,
    teller: Teller,
}

impl fmt::Debug for ToldUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ToldUpload").field(&self.teller.place).finish()
    }
}

#[async_trait::async_trait]
impl MultipartUpload for ToldUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (part, teller) = (self.upload.put_part(data), self.teller.clone());
        Box::pin(async move { part.await.map_err(|error| teller.tell(error)) })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.upload.complete().await.map_err(|error| self.teller.tell(error))
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await.map_err(|error| self.teller.tell(error))
    }
}
