/** All whole numbers from 0 on that are below one. */
export function numbersBelow(end: number): Uint32Array {
  const numbers = new Uint32Array(end)
  // A loop: `from` with a function takes ten times as long.
  for (let number = 0; number < end; number++) numbers[number] = number
  return numbers
}
