// What `--json` prints has a versioned `schema`, which a change of meaning raises.

export const reportId = 'nautilus.report/1'
export const verdictId = 'nautilus.verdict/1'
export const setReportId = 'nautilus.set-report/1'
export const comparisonReportId = 'nautilus.comparison-report/1'
export const dataInfoId = 'nautilus.data-info/1'
export const dataComparisonId = 'nautilus.data-comparison/1'
export const dataFileId = 'nautilus.data-file/1'
export const tunableId = 'nautilus.tunable/1'
export const studyReportId = 'nautilus.study-report/1'
