/** The parts of WebGPU, as Dawn's binding for Node gives it, that are used here. */
export interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

export interface Adapter {
  info: AdapterInfo;
  limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: { requiredLimits: Record<string, number> }): Promise<Device>;
}

export interface AdapterInfo {
  vendor: string;
  architecture: string;
  /** The card's name. */
  device: string;
  /** Of Dawn: the driver, with its version. */
  description: string;
  /** The processor computes. */
  isFallbackAdapter: boolean;
}

export interface DeviceError {
  message: string;
}

export interface Device {
  limits: Readonly<Record<string, number>>;
  lost: Promise<{ reason: string; message: string }>;
  createBuffer(descriptor: BufferDescriptor): GpuBuffer;
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void;
  popErrorScope(): Promise<DeviceError | null>;
  destroy(): void;
}

export interface BufferDescriptor {
  size: number;
  usage: number;
  mappedAtCreation?: boolean;
}

export interface GpuBuffer {
  size: number;
  destroy(): void;
}

/** What Dawn's file exports: the classes and constants of WebGPU, and what opens it. */
export interface Dawn {
  create(options: readonly string[]): Gpu;
  globals: Record<string, unknown>;
}
