/**
 * The field table of ONNX's protobuf schema (`onnx.proto`, IR version 10 and 11): number, kind and repetition of every
 * field we name. The codec knows nothing else of ONNX. The type `Fields` makes the compiler hold it against `messages.ts`.
 */
import type { Messages } from './messages.js';

export type MessageName = keyof Messages;

/** `int64` becomes a number (refused beyond 2^53), `bigint` and `uint64` keep all 64 bits. */
export type ScalarKind = 'int32' | 'int64' | 'bigint' | 'uint64' | 'float' | 'double' | 'string' | 'bytes';

export interface Field {
  readonly number: number;
  readonly kind: ScalarKind | MessageName;
  /** `packed`: how the official writer lays a list of numbers out. Both layouts are read. */
  readonly repeated?: 'packed' | 'unpacked';
  /** The list is there, empty, even where the file has none. */
  readonly always?: true;
}

type Fields<M> = { readonly [K in Exclude<keyof M, 'unknown'>]-?: Field };

const one = (number: number, kind: Field['kind']): Field => ({ number, kind });
const list = (number: number, kind: Field['kind']): Field => ({ number, kind, repeated: 'unpacked' });
const packed = (number: number, kind: Field['kind']): Field => ({ number, kind, repeated: 'packed' });
const always = (number: number, kind: Field['kind']): Field => ({ number, kind, repeated: 'unpacked', always: true });

export const FIELDS: { readonly [M in MessageName]: Fields<Messages[M]> } = {
  ModelProto: {
    irVersion: one(1, 'int64'),
    producerName: one(2, 'string'),
    producerVersion: one(3, 'string'),
    domain: one(4, 'string'),
    modelVersion: one(5, 'bigint'),
    docString: one(6, 'string'),
    graph: one(7, 'GraphProto'),
    opsetImport: always(8, 'OperatorSetIdProto'),
    metadataProps: list(14, 'StringStringEntryProto'),
    trainingInfo: list(20, 'TrainingInfoProto'),
    functions: list(25, 'FunctionProto'),
  },
  OperatorSetIdProto: { domain: one(1, 'string'), version: one(2, 'int64') },
  StringStringEntryProto: { key: one(1, 'string'), value: one(2, 'string') },
  GraphProto: {
    node: always(1, 'NodeProto'),
    name: one(2, 'string'),
    initializer: always(5, 'TensorProto'),
    docString: one(10, 'string'),
    input: always(11, 'ValueInfoProto'),
    output: always(12, 'ValueInfoProto'),
    valueInfo: list(13, 'ValueInfoProto'),
    quantizationAnnotation: list(14, 'TensorAnnotation'),
    sparseInitializer: list(15, 'SparseTensorProto'),
    metadataProps: list(16, 'StringStringEntryProto'),
  },
  NodeProto: {
    input: always(1, 'string'),
    output: always(2, 'string'),
    name: one(3, 'string'),
    opType: one(4, 'string'),
    attribute: always(5, 'AttributeProto'),
    docString: one(6, 'string'),
    domain: one(7, 'string'),
    overload: one(8, 'string'),
    metadataProps: list(9, 'StringStringEntryProto'),
  },
  AttributeProto: {
    name: one(1, 'string'),
    f: one(2, 'float'),
    i: one(3, 'bigint'),
    s: one(4, 'bytes'),
    t: one(5, 'TensorProto'),
    g: one(6, 'GraphProto'),
    floats: list(7, 'float'),
    ints: list(8, 'bigint'),
    strings: list(9, 'bytes'),
    tensors: list(10, 'TensorProto'),
    graphs: list(11, 'GraphProto'),
    docString: one(13, 'string'),
    tp: one(14, 'TypeProto'),
    typeProtos: list(15, 'TypeProto'),
    type: one(20, 'int32'),
    refAttrName: one(21, 'string'),
    sparseTensor: one(22, 'SparseTensorProto'),
    sparseTensors: list(23, 'SparseTensorProto'),
  },
  TensorProto: {
    dims: always(1, 'int64'),
    dataType: one(2, 'int32'),
    segment: one(3, 'SegmentProto'),
    floatData: packed(4, 'float'),
    int32Data: packed(5, 'int32'),
    stringData: list(6, 'bytes'),
    int64Data: packed(7, 'bigint'),
    name: one(8, 'string'),
    rawData: one(9, 'bytes'),
    doubleData: packed(10, 'double'),
    uint64Data: packed(11, 'uint64'),
    docString: one(12, 'string'),
    externalData: list(13, 'StringStringEntryProto'),
    dataLocation: one(14, 'int32'),
    metadataProps: list(16, 'StringStringEntryProto'),
  },
  SegmentProto: { begin: one(1, 'int64'), end: one(2, 'int64') },
  SparseTensorProto: { values: one(1, 'TensorProto'), indices: one(2, 'TensorProto'), dims: always(3, 'int64') },
  ValueInfoProto: {
    name: one(1, 'string'),
    type: one(2, 'TypeProto'),
    docString: one(3, 'string'),
    metadataProps: list(4, 'StringStringEntryProto'),
  },
  TypeProto: {
    tensorType: one(1, 'TensorTypeProto'),
    sequenceType: one(4, 'SequenceTypeProto'),
    mapType: one(5, 'MapTypeProto'),
    denotation: one(6, 'string'),
    sparseTensorType: one(8, 'TensorTypeProto'),
    optionalType: one(9, 'SequenceTypeProto'),
  },
  TensorTypeProto: { elemType: one(1, 'int32'), shape: one(2, 'TensorShapeProto') },
  SequenceTypeProto: { elemType: one(1, 'TypeProto') },
  MapTypeProto: { keyType: one(1, 'int32'), valueType: one(2, 'TypeProto') },
  TensorShapeProto: { dim: always(1, 'DimensionProto') },
  DimensionProto: { dimValue: one(1, 'int64'), dimParam: one(2, 'string'), denotation: one(3, 'string') },
  TensorAnnotation: { tensorName: one(1, 'string'), quantParameterTensorNames: list(2, 'StringStringEntryProto') },
  TrainingInfoProto: {
    initialization: one(1, 'GraphProto'),
    algorithm: one(2, 'GraphProto'),
    initializationBinding: list(3, 'StringStringEntryProto'),
    updateBinding: list(4, 'StringStringEntryProto'),
  },
  FunctionProto: {
    name: one(1, 'string'),
    input: always(4, 'string'),
    output: always(5, 'string'),
    attribute: list(6, 'string'),
    node: always(7, 'NodeProto'),
    docString: one(8, 'string'),
    opsetImport: list(9, 'OperatorSetIdProto'),
    domain: one(10, 'string'),
    attributeProto: list(11, 'AttributeProto'),
    valueInfo: list(12, 'ValueInfoProto'),
    overload: one(13, 'string'),
    metadataProps: list(14, 'StringStringEntryProto'),
  },
};

export function isMessage(kind: Field['kind']): kind is MessageName {
  return kind in FIELDS;
}
