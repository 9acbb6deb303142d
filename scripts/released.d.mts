export function releaseObstacle(): Promise<string | undefined>;
export function releasedPeer(): Promise<string>;
