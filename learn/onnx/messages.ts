/**
 * The messages of an ONNX file as plain objects, named as in `onnx.proto` (github.com/onnx/onnx) in camel case.
 *
 * - A field that the file does not have is absent; the few lists that every reader walks are always there, empty if need be.
 * - Values that may use all 64 bits (attributes, `int64Data`, versions of a model) are `bigint`; extents, versions of
 *   operator sets and codes of types are `number`, and a file where one exceeds 2^53 is refused.
 * - The lists of a tensor's values are typed arrays when they come from a file; a writer may give plain lists.
 * - Fields that this table does not know are kept in `unknown`, one entry with tag and payload each, and written back.
 */

interface Message {
  readonly unknown?: readonly Uint8Array[];
}

/** A whole ONNX file. */
export interface ModelProto extends Message {
  readonly irVersion?: number;
  readonly opsetImport: readonly OperatorSetIdProto[];
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly domain?: string;
  readonly modelVersion?: bigint;
  readonly docString?: string;
  readonly graph?: GraphProto;
  readonly metadataProps?: readonly StringStringEntryProto[];
  readonly trainingInfo?: readonly TrainingInfoProto[];
  readonly functions?: readonly FunctionProto[];
}

export interface OperatorSetIdProto extends Message {
  /** Absent or empty: the standard operators. */
  readonly domain?: string;
  readonly version?: number;
}

export interface StringStringEntryProto extends Message {
  readonly key?: string;
  readonly value?: string;
}

/** A graph: nodes, stored tensors, inputs and outputs. */
export interface GraphProto extends Message {
  readonly node: readonly NodeProto[];
  readonly name?: string;
  readonly initializer: readonly TensorProto[];
  readonly sparseInitializer?: readonly SparseTensorProto[];
  readonly docString?: string;
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly valueInfo?: readonly ValueInfoProto[];
  readonly quantizationAnnotation?: readonly TensorAnnotation[];
  readonly metadataProps?: readonly StringStringEntryProto[];
}

/** One use of an operator. */
export interface NodeProto extends Message {
  /** Names of values; an empty name is an optional input that is left out. */
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly attribute: readonly AttributeProto[];
  readonly docString?: string;
  readonly metadataProps?: readonly StringStringEntryProto[];
}

export interface AttributeProto extends Message {
  readonly name?: string;
  readonly refAttrName?: string;
  readonly docString?: string;
  /** One of {@link ATTRIBUTE_TYPES}: which of the fields below holds the value. */
  readonly type?: number;
  readonly f?: number;
  readonly i?: bigint;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly sparseTensor?: SparseTensorProto;
  readonly tp?: TypeProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly bigint[];
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly TensorProto[];
  readonly graphs?: readonly GraphProto[];
  readonly sparseTensors?: readonly SparseTensorProto[];
  readonly typeProtos?: readonly TypeProto[];
}

export const ATTRIBUTE_TYPES = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparseTensor: 11,
  sparseTensors: 12,
  type: 13,
  types: 14,
} as const;

/** A tensor's values stand in `rawData` (little endian), or in the list that belongs to its type, or in another file. */
export interface TensorProto extends Message {
  readonly dims: readonly number[];
  readonly dataType?: number;
  readonly segment?: SegmentProto;
  readonly floatData?: readonly number[] | Float32Array;
  readonly int32Data?: readonly number[] | Int32Array;
  readonly stringData?: readonly Uint8Array[];
  readonly int64Data?: readonly bigint[] | BigInt64Array;
  readonly name?: string;
  readonly docString?: string;
  readonly rawData?: Uint8Array;
  readonly externalData?: readonly StringStringEntryProto[];
  /** 1: the values are in the file that `externalData` names. */
  readonly dataLocation?: number;
  readonly doubleData?: readonly number[] | Float64Array;
  readonly uint64Data?: readonly bigint[] | BigUint64Array;
  readonly metadataProps?: readonly StringStringEntryProto[];
}

export interface SegmentProto extends Message {
  readonly begin?: number;
  readonly end?: number;
}

export interface SparseTensorProto extends Message {
  readonly values?: TensorProto;
  readonly indices?: TensorProto;
  readonly dims: readonly number[];
}

export interface ValueInfoProto extends Message {
  readonly name?: string;
  readonly type?: TypeProto;
  readonly docString?: string;
  readonly metadataProps?: readonly StringStringEntryProto[];
}

export interface TypeProto extends Message {
  readonly tensorType?: TensorTypeProto;
  readonly sequenceType?: SequenceTypeProto;
  readonly mapType?: MapTypeProto;
  readonly optionalType?: SequenceTypeProto;
  readonly sparseTensorType?: TensorTypeProto;
  readonly denotation?: string;
}

export interface TensorTypeProto extends Message {
  readonly elemType?: number;
  readonly shape?: TensorShapeProto;
}

export interface SequenceTypeProto extends Message {
  readonly elemType?: TypeProto;
}

export interface MapTypeProto extends Message {
  readonly keyType?: number;
  readonly valueType?: TypeProto;
}

export interface TensorShapeProto extends Message {
  readonly dim: readonly DimensionProto[];
}

/** An extent: a number (`dimValue`), a symbol (`dimParam`), or neither when nothing is known. */
export interface DimensionProto extends Message {
  readonly dimValue?: number;
  readonly dimParam?: string;
  readonly denotation?: string;
}

export interface TensorAnnotation extends Message {
  readonly tensorName?: string;
  readonly quantParameterTensorNames?: readonly StringStringEntryProto[];
}

export interface TrainingInfoProto extends Message {
  readonly initialization?: GraphProto;
  readonly algorithm?: GraphProto;
  readonly initializationBinding?: readonly StringStringEntryProto[];
  readonly updateBinding?: readonly StringStringEntryProto[];
}

export interface FunctionProto extends Message {
  readonly name?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute?: readonly string[];
  readonly attributeProto?: readonly AttributeProto[];
  readonly node: readonly NodeProto[];
  readonly docString?: string;
  readonly opsetImport?: readonly OperatorSetIdProto[];
  readonly domain?: string;
  readonly valueInfo?: readonly ValueInfoProto[];
  readonly overload?: string;
  readonly metadataProps?: readonly StringStringEntryProto[];
}

/** Every message by its name: what the codec's table is checked against. */
export interface Messages {
  ModelProto: ModelProto;
  OperatorSetIdProto: OperatorSetIdProto;
  StringStringEntryProto: StringStringEntryProto;
  GraphProto: GraphProto;
  NodeProto: NodeProto;
  AttributeProto: AttributeProto;
  TensorProto: TensorProto;
  SegmentProto: SegmentProto;
  SparseTensorProto: SparseTensorProto;
  ValueInfoProto: ValueInfoProto;
  TypeProto: TypeProto;
  TensorTypeProto: TensorTypeProto;
  SequenceTypeProto: SequenceTypeProto;
  MapTypeProto: MapTypeProto;
  TensorShapeProto: TensorShapeProto;
  DimensionProto: DimensionProto;
  TensorAnnotation: TensorAnnotation;
  TrainingInfoProto: TrainingInfoProto;
  FunctionProto: FunctionProto;
}
