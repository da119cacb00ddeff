//! A lake's tables: what the log says of each file is known to the plan, so that files are skipped and rows counted unread.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, BooleanArray, Date32Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, DFSchema, Result, ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::source::ParquetSource;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, FileSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use mizumori_core::Source;
use mizumori_lake::{Table, TableFile, day_of};

/// A table of a lake.
#[derive(Debug)]
pub(crate) struct LakeTable {
    table: Table,
    store: ObjectStoreUrl,
}

impl LakeTable {
    /// The table whose store is registered as `store`.
    pub(crate) const fn new(table: Table, store: ObjectStoreUrl) -> Self {
        Self { table, store }
    }

    fn statistics(&self, file: &TableFile) -> Statistics {
        let column = |name: &str| match (name, file.account_hi) {
            ("account_hi", Some((least, most))) => ColumnStatistics {
                min_value: Precision::Exact(ScalarValue::Int64(Some(least))),
                max_value: Precision::Exact(ScalarValue::Int64(Some(most))),
                null_count: Precision::Exact(0),
                ..ColumnStatistics::new_unknown()
            },
            _ => ColumnStatistics::new_unknown(),
        };
        Statistics {
            num_rows: Precision::Exact(usize::try_from(file.rows).unwrap_or(usize::MAX)),
            total_byte_size: Precision::Absent,
            column_statistics: self.table.schema.fields().iter().map(|field| column(field.name())).collect(),
        }
    }
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.table.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Pages and row groups that cannot hold what is asked for are not read; each row is looked at again.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = &self.table.schema;
        let files = self.table.files.iter().map(|file| {
            let statistics = Arc::new(self.statistics(file));
            FileGroup::new(vec![PartitionedFile::new(&file.path, file.bytes).with_statistics(statistics)])
        });
        let mut source = ParquetSource::new(Arc::clone(schema)).with_enable_page_index(true);
        if let Some(filter) = conjunction(filters.to_vec()) {
            let described = DFSchema::try_from(Arc::clone(schema))?;
            source = source.with_predicate(
                state.create_physical_expr(crate::dump_table::unqualified(&filter)?, &described)?,
            );
        }
        let source: Arc<dyn FileSource> = Arc::new(source);
        let rows: u64 = self.table.files.iter().map(|file| file.rows).sum();
        let rows = usize::try_from(rows).map_or(Precision::Absent, Precision::Exact);
        // With a limit it is the most that there can be.
        let rows = if limit.is_some() { rows.to_inexact() } else { rows };
        let sorted = self.table.sorted_by.iter();
        let sorted = sorted.map(|name| Ok(PhysicalSortExpr::new_default(col(name, schema)?)));
        let sorted = sorted.collect::<Result<Vec<_>>>()?;
        let config = FileScanConfigBuilder::new(self.store.clone(), source)
            .with_file_groups(files.collect())
            .with_projection_indices(projection.cloned())?
            .with_output_ordering(LexOrdering::new(sorted).into_iter().collect())
            .with_statistics(Statistics { num_rows: rows, ..Statistics::new_unknown(schema) })
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

/// The table `sources` of a lake.
pub(crate) fn sources(sources: &[Source]) -> Result<RecordBatch> {
    let texts = |text: &dyn Fn(&Source) -> Option<String>| -> ArrayRef {
        Arc::new(sources.iter().map(text).collect::<StringArray>())
    };
    let flags = |flag: &dyn Fn(&Source) -> bool| -> ArrayRef {
        Arc::new(sources.iter().map(|source| Some(flag(source))).collect::<BooleanArray>())
    };
    let month: ArrayRef =
        Arc::new(sources.iter().map(|source| day_of(source.time())).collect::<Date32Array>());
    let date = |date: Option<mizumori_core::PartialDate>| date.map(|date| date.to_string());
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("source", texts(&|source| Some(source.id.to_string())), false),
        ("title", texts(&|source| Some(source.title.clone())), false),
        ("kind", texts(&|source| Some(source.kind.as_str().to_owned())), false),
        ("place", texts(&|source| Some(source.place.clone())), false),
        ("month", month, true),
        ("leaked", texts(&|source| date(source.leaked)), true),
        ("breached", texts(&|source| date(source.breached)), true),
        ("obtained", texts(&|source| date(source.obtained)), true),
        ("public", flags(&|source| source.public), false),
        ("fabricated", flags(&|source| source.fabricated), false),
    ])?)
}
