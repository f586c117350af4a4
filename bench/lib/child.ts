import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Starts a script of the benchmarks in a process of its own and waits for its first message. */
export async function startChild<Message>(
  script: URL,
  args: readonly string[],
): Promise<{ child: ChildProcess; message: Message }> {
  const child = fork(fileURLToPath(script), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, '--expose-gc'],
  })
  const message = await Promise.race([
    once(child, 'message').then(([first]) => first as Message),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${args.join(' ')} ended with ${code}`))),
  ])
  return { child, message }
}

/** Lets the child end by itself: it sees that nobody listens any more. */
export async function stopChild(child: ChildProcess): Promise<void> {
  const ended = child.exitCode === null ? once(child, 'exit') : undefined
  if (child.connected) child.disconnect()
  await ended
}
