/** `nabla/tables`: CSV, missing values, scaling, categories, and the way to tensors. */
export type { Column, ColumnValues, NumberColumn, TextColumn } from './column.js'
export { type CsvOptions, readCsv, writeCsv } from './csv.js'
export { decodeText } from './decode.js'
export { dropMissing, Filler, fillMissing, type Filling } from './missing.js'
export { labelsOf, OneHotEncoder, oneHot, type OneHotOptions } from './one-hot.js'
export { type ColumnScale, scale, type ScaleOptions, Scaler, type Scaling } from './scale.js'
export { concatRows, Table, type TableTensorOptions } from './table.js'
