export function makeRoomForNeighbours(peers: number, file?: string): void;
