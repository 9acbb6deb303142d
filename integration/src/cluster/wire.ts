import { Unsupported } from "../fault/unsupported.js";

/** What lies between real peers, and can be broken. Peers go by their number. Rejects with Unsupported where it cannot. */
export interface Wire {
  cut(from: number, to: number): Promise<void>;
  loss(share: number): Promise<void>;
  delay(latencyMs: number, jitterMs: number): Promise<void>;
  bandwidth(kbits: number): Promise<void>;
  heal(): Promise<void>;
  /** Closes every connection between that peer and others; resolves to how many there were. */
  close(number: number): Promise<number>;
  /** How many packets it has lost so far. */
  bites(): Promise<number>;
}

/** The wire between processes of one machine. */
export const UNBREAKABLE: Wire = {
  cut: () => refuse("a cut"),
  loss: () => refuse("loss"),
  delay: () => refuse("delay"),
  bandwidth: () => refuse("a bandwidth"),
  heal: () => Promise.resolve(),
  close: () => refuse("closing connections"),
  bites: () => Promise.resolve(0),
};

function refuse(fault: string): Promise<never> {
  return Promise.reject(new Unsupported(`${fault} needs containers: processes share this machine's network`));
}
