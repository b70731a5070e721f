/** A file goes up in parts, and goes on where the server's copy ends after every loss of the line. */

import { describe, expect, it } from "vitest";

import { ApiError } from "@/api/client";
import { fingerprintOf, finish, send, type Line } from "@/courseware/sending";

const FILE = new Blob(["0123456789"]);
const lost = new ApiError(0, "NETWORK", null);

class Server implements Line {
  kept = "";
  waits: number[] = [];
  constructor(private readonly script: ((offset: number) => void)[] = []) {}

  async part(offset: number, content: Blob): Promise<number> {
    this.script.shift()?.(offset);
    if (offset !== this.kept.length) throw new ApiError(409, "WRONG_OFFSET", null);
    this.kept += await content.text();
    return this.kept.length;
  }

  async received(): Promise<number> {
    return this.kept.length;
  }

  async patience(tries: number): Promise<void> {
    this.waits.push(tries);
  }
}

const fail = (error: Error) => () => {
  throw error;
};
const nothing = () => undefined;

describe("sending a file", () => {
  it("takes as many parts as it needs, and says how far it is", async () => {
    const server = new Server();
    const told: number[] = [];
    await send(FILE, 0, 4, server, (received) => told.push(received), () => false);
    expect(server.kept).toBe("0123456789");
    expect(told.at(-1)).toBe(10);
  });

  it("goes on from where it was left", async () => {
    const server = new Server();
    server.kept = "0123";
    await send(FILE, 4, 4, server, nothing, () => false);
    expect(server.kept).toBe("0123456789");
  });

  it("tries again when the line is lost, longer each time, and says so", async () => {
    const server = new Server([nothing, fail(lost), fail(lost), fail(new ApiError(503, "BUSY", null))]);
    const told: [number, boolean][] = [];
    await send(FILE, 0, 4, server, (received, isLost) => told.push([received, isLost]), () => false);
    expect(server.kept).toBe("0123456789");
    expect(server.waits).toEqual([1, 2, 3]);
    expect(told).toContainEqual([4, true]);
  });

  it("asks how far it is when the answer to a part that was kept got lost", async () => {
    const server = new Server();
    const part = server.part.bind(server);
    let first = true;
    server.part = async (offset, content) => {
      const answer = await part(offset, content);
      if (first) {
        first = false;
        throw lost;
      }
      return answer;
    };
    await send(FILE, 0, 4, server, nothing, () => false);
    expect(server.kept).toBe("0123456789");
  });

  it("ends with what can't be mended by trying", async () => {
    const full = new ApiError(507, "DISK_FULL", null);
    await expect(send(FILE, 0, 4, new Server([fail(full)]), nothing, () => false)).rejects.toBe(full);
  });

  it("ends when the person gives it up", async () => {
    const server = new Server();
    await send(FILE, 0, 4, server, nothing, () => server.kept.length >= 4);
    expect(server.kept).toBe("0123");
  });
});

describe("saying that all of it is there", () => {
  const taken = new ApiError(409, "WRONG_STATE", null);

  it.each([
    ["the line is lost and the answer, too", [lost, taken], 2],
    ["the server is away for a while", [new ApiError(503, "BUSY", null), lost], 3],
  ])("goes on when %s", async (_what, failures, asked) => {
    let asks = 0;
    const say = async (): Promise<void> => {
      const failure = failures[asks];
      asks += 1;
      if (failure !== undefined) throw failure;
    };
    await finish(say, new Server());
    expect(asks).toBe(asked);
  });

  it("ends with a refusal that isn't our own doing", async () => {
    await expect(finish(() => Promise.reject(taken), new Server())).rejects.toBe(taken);
  });
});

describe("a file's fingerprint", () => {
  it("is the same for the same file only", async () => {
    const file = (content: string, name = "a.mp4", lastModified = 1) => new File([content], name, { lastModified });
    const one = await fingerprintOf(file("content"));
    expect(one).toMatch(/^[0-9a-z-]{1,64}$/);
    expect(await fingerprintOf(file("content"))).toBe(one);
    for (const other of [file("konzept"), file("content", "b.mp4"), file("content", "a.mp4", 2)]) {
      expect(await fingerprintOf(other)).not.toBe(one);
    }
  });
});
