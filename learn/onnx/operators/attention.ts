/** Scaled dot-product attention as one operator. */
import type { AttributeSpecs } from '../attributes.js';
import { addDims, type Dim, multiplyDims, type Shape } from '../shape.js';
import type { ValueType } from '../value.js';
import type { OperatorCall, OperatorTable } from './operator.js';

const ATTRIBUTES: AttributeSpecs = {
  is_causal: { kind: 'int', default: 0 },
  q_num_heads: { kind: 'int' },
  kv_num_heads: { kind: 'int' },
  scale: { kind: 'float' },
  softcap: { kind: 'float', default: 0 },
  qk_matmul_output_mode: { kind: 'int', default: 0 },
  softmax_precision: { kind: 'int' },
};

/** [B, H, L, D]: what an input of rank 3, [B, L, H D], stands for with so many heads. */
function perHead(call: OperatorCall, index: number, heads: string): Shape {
  const { shape } = call.input(index);
  if (shape.length === 4) return shape;
  if (shape.length !== 3) call.fail(`input ${index} must have rank 3 or 4`);
  if (!call.attributes.has(heads)) call.fail(`inputs of rank 3 need the attribute ${heads}`);
  const count = call.attributes.number(heads);
  if (count < 1) call.fail(`${heads} is ${count}`);
  const [batch, length, width] = shape as readonly [Dim, Dim, Dim];
  if (typeof width !== 'number') return [batch, count, length, call.symbol()];
  if (width % count !== 0) call.fail(`${width} features do not fit ${count} heads`);
  return [batch, count, length, width / count];
}

function attention(call: OperatorCall): ValueType[] {
  const { dtype, shape } = call.input(0);
  const [batch, heads, length] = perHead(call, 0, 'q_num_heads') as readonly [Dim, Dim, Dim];
  const key = perHead(call, 1, 'kv_num_heads');
  const value = perHead(call, 2, 'kv_num_heads');
  for (const index of [1, 2, 4, 5])
    if (call.inputs[index] && call.inputs[index].dtype !== dtype)
      call.fail(`input ${index} must have the element type of the queries`);
  const past = call.inputs[4]?.shape[2];
  const present = (of: Shape): Shape => (past === undefined ? of : of.with(2, addDims([past, of[2]!])));
  const width = value[3]!;
  const output = shape.length === 4 ? [batch, heads, length, width] : [batch, length, multiplyDims([heads, width])];
  const scores = [batch, heads, length, present(key)[2]!];
  return [output, present(key), present(value), scores].map((each) => ({ dtype, shape: each }));
}

export const ATTENTION: OperatorTable = {
  Attention: { inputs: [3, 7], attributes: ATTRIBUTES, infer: attention },
};
