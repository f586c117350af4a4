import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServiceFault } from './faults.js'
import type { OciService } from './service.js'

/** A stand-in that listens on loopback. */
export interface OciServer {
  /** What clients are given as their endpoint. */
  readonly url: string
  /** Breaks every connection and frees the port. */
  close(): Promise<void>
}

/**
 * Serves a stand-in over HTTP, for the real SDK.
 * @example
 * const server = await startOciServer(service)
 * client.endpoint = server.url
 */
export async function startOciServer(service: OciService): Promise<OciServer> {
  const server = createServer((message, response) => {
    answer(service, message, response).catch(() => message.socket.destroy())
  })
  // Parts that wait for nothing: a client that hangs is ended by its own deadline.
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(service: OciService, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const request = await requestOf(message)
  const served = await service.serve(request)
  const { fault } = served
  if (fault?.kind === 'hang') return
  if (fault?.kind === 'fail-before' || fault?.kind === 'fail-after') {
    message.socket.destroy()
    return
  }
  if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms))
  response.writeHead(served.response.status, Object.fromEntries(served.response.headers))
  const bytes = Buffer.from(await served.response.arrayBuffer())
  if (fault?.kind === 'truncate') breakOff(response, bytes, fault)
  else response.end(bytes)
}

function breakOff(response: ServerResponse, bytes: Buffer, { at }: ServiceFault & { kind: 'truncate' }): void {
  response.write(bytes.subarray(0, at), () => response.socket?.destroy())
}

async function requestOf(message: IncomingMessage): Promise<Request> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  const headers = new Headers()
  for (let i = 0; i < message.rawHeaders.length; i += 2)
    headers.append(message.rawHeaders[i]!, message.rawHeaders[i + 1]!)
  const method = message.method ?? 'GET'
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: Buffer.concat(parts) }
  return new Request(`http://${message.headers.host}${message.url}`, { method, headers, ...body })
}
