//! Dumps as a table, and what of a query the scan does itself.
//!
//! Columns that nobody asked for are not worked out. A filter on the source, its place or its month leaves whole dumps unopened; one
//! on a domain, a host, an organisation or a category turns the scan into a look for it, which is many times faster than
//! reading every record.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Array, AsArray, Date32Array, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::datasource::TableType;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use mizumori_core::domain::registrable;
use mizumori_core::{DomainName, WatchList};
use mizumori_lake::day_of;

use crate::columns::{COLUMNS, Column, DUMP_SCHEMA};
use crate::dump_scan::{DumpScanExec, Work};
use crate::dumps::{FoundDumps, ReadDumps};

/// Dumps as a table.
#[derive(Debug)]
pub(crate) struct DumpTable {
    found: Arc<FoundDumps>,
    read: Arc<ReadDumps>,
    columns: Vec<Column>,
    schema: SchemaRef,
}

/// What a scan looks for.
#[derive(Clone, Debug)]
pub(crate) enum LookFor {
    /// Every account.
    Everything,
    /// What concerns the watch list.
    Watched,
    /// Accounts and sites of some domains.
    Domains(Arc<WatchList>),
}

impl DumpTable {
    /// The dumps of `found`. Columns about the watch list are there when there is one.
    pub(crate) fn new(found: Arc<FoundDumps>, read: Arc<ReadDumps>) -> Self {
        let columns: Vec<_> =
            COLUMNS.into_iter().filter(|column| read.watch.is_some() || !column.is_of_watch()).collect();
        let fields: Vec<_> = DUMP_SCHEMA.fields().iter().take(columns.len()).cloned().collect();
        Self { found, read, columns, schema: Arc::new(Schema::new(fields)) }
    }

    fn column(&self, name: &str) -> Option<Column> {
        self.columns.iter().copied().find(|column| column.name() == name)
    }

    /// Whether an expression says something of sources, and of nothing else.
    fn is_of_source(&self, expression: &Expr) -> bool {
        let columns = expression.column_refs();
        !columns.is_empty()
            && !expression.is_volatile()
            && columns.iter().all(|column| self.column(&column.name).is_some_and(Column::is_of_source))
    }

    /// The column that has to have one of some values for an expression to hold.
    fn pinned<'e>(&self, expression: &'e Expr) -> Option<(Column, Vec<&'e str>)> {
        let column = |expression: &Expr| match expression {
            Expr::Column(column) => self.column(&column.name),
            _ => None,
        };
        match expression {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
                let (name, value) =
                    if matches!(**left, Expr::Column(_)) { (left, right) } else { (right, left) };
                Some((column(name)?, vec![text(value)?]))
            }
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
                let ((one, mut values), (other, more)) = (self.pinned(left)?, self.pinned(right)?);
                values.extend(more);
                (one == other).then_some((one, values))
            }
            Expr::InList(list) if !list.negated => {
                Some((column(&list.expr)?, list.list.iter().map(text).collect::<Option<_>>()?))
            }
            Expr::IsNotNull(inner) => {
                Some((column(inner).filter(|column| column.is_of_watch())?, Vec::new()))
            }
            _ => None,
        }
    }

    /// What has to be looked for where all of `filters` hold.
    fn look_for(&self, filters: &[Expr]) -> LookFor {
        for filter in filters {
            match self.pinned(filter) {
                Some((column, _)) if column.is_of_watch() => return LookFor::Watched,
                Some((Column::Domain | Column::Host, values)) => {
                    if let Some(watch) = watch_of(&values) {
                        return LookFor::Domains(Arc::new(watch));
                    }
                }
                _ => {}
            }
        }
        LookFor::Everything
    }

    /// The sources for which all of `filters` hold, by their places in the list.
    fn sources(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<bool>> {
        let sources = &self.found.sources;
        let fields = self
            .schema
            .fields()
            .iter()
            .filter(|field| self.column(field.name()).is_some_and(Column::is_of_source));
        let schema = Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()));
        let batch = RecordBatch::try_new(
            Arc::clone(&schema),
            vec![
                Arc::new(sources.iter().map(|source| Some(source.id.as_str())).collect::<StringViewArray>()),
                Arc::new(
                    sources.iter().map(|source| Some(source.place.as_str())).collect::<StringViewArray>(),
                ),
                Arc::new(sources.iter().map(|source| day_of(source.time())).collect::<Date32Array>()),
            ],
        )?;
        let described = DFSchema::try_from(schema)?;
        let mut wanted = vec![true; sources.len()];
        for filter in filters.iter().filter(|filter| self.is_of_source(filter)) {
            let filter = unqualified(filter)?;
            let holds = state.create_physical_expr(filter, &described)?.evaluate(&batch)?;
            let holds = holds.into_array(sources.len())?;
            let holds = holds
                .as_boolean_opt()
                .ok_or_else(|| DataFusionError::Internal("a filter says neither yes nor no".to_owned()))?;
            for (at, wanted) in wanted.iter_mut().enumerate() {
                *wanted &= holds.is_valid(at) && holds.value(at);
            }
        }
        Ok(wanted)
    }
}

/// The same expression, its columns without the name of a table.
pub(crate) fn unqualified(expression: &Expr) -> Result<Expr> {
    use datafusion::common::tree_node::{Transformed, TreeNode};
    let plain = expression.clone().transform(|expression| {
        Ok(match expression {
            Expr::Column(column) => {
                Transformed::yes(Expr::Column(datafusion::common::Column::new_unqualified(column.name)))
            }
            other => Transformed::no(other),
        })
    });
    Ok(plain?.data)
}

/// The text of a literal.
fn text(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Literal(
            ScalarValue::Utf8(text) | ScalarValue::Utf8View(text) | ScalarValue::LargeUtf8(text),
            _,
        ) => text.as_deref(),
        Expr::Cast(cast) if matches!(cast.field.data_type(), DataType::Utf8View | DataType::Utf8) => {
            text(&cast.expr)
        }
        _ => None,
    }
}

/// A watch list of the registrable domains of `hosts`; `None` where one of them cannot stand in one.
fn watch_of(hosts: &[&str]) -> Option<WatchList> {
    let mut domains = BTreeSet::new();
    for host in hosts {
        let canonical = DomainName::parse(host).filter(|name| name.as_str() == *host)?;
        domains.insert(registrable(canonical.as_str()).to_owned());
    }
    let domains: Vec<_> = domains.iter().map(|domain| format!("'{domain}'")).collect();
    let list = format!(
        "[[category]]\nid = 'q'\nname = {{ en = 'q' }}\n[[organisation]]\nid = 'q'\ncategory = 'q'\n\
         name = {{ en = 'q' }}\ndomains = [{}]\n",
        domains.join(", ")
    );
    WatchList::parse("query", &list).ok()
}

#[async_trait]
impl TableProvider for DumpTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let each = filters.iter().map(|filter| {
            if self.is_of_source(filter) {
                TableProviderFilterPushDown::Exact
            } else if self.pinned(filter).is_some() {
                // The scan finds more: whatever else stands below the same domain.
                TableProviderFilterPushDown::Inexact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        });
        Ok(each.collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<_> = (0..self.columns.len()).collect();
        let places = projection.unwrap_or(&all);
        Ok(Arc::new(DumpScanExec::new(Work {
            found: Arc::clone(&self.found),
            read: Arc::clone(&self.read),
            columns: places.iter().filter_map(|at| self.columns.get(*at)).copied().collect(),
            schema: Arc::new(self.schema.project(places)?),
            sources: self.sources(state, filters)?,
            look_for: self.look_for(filters),
        })))
    }
}
