import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildCommand } from '../shared/child-process.ts';

/** A network, and what another program computed with it. */
export interface NetworkFiles {
  /** For `graft import`. */
  model: string;
  /** Two prepared images, 32-bit floats, little endian, in the shape that the network takes. */
  input: string;
  /**
   * The values before the classifier for both of them: a vector each, for networks that end in a mean over
   * places those means.
   */
  features: string;
}

/** A network to measure: files that are there, or that Python writes into a folder. */
export interface Network {
  name: string;
  /** What wrote it. */
  source: string;
  files?: NetworkFiles;
  /** Prints the names of the files within the folder as one line of JSON, in the form of `NetworkFiles`. */
  make?(folder: string): ChildCommand;
}

/** Trained and random networks that lie beside the checkout where they are. */
export function storedNetworks(data: string): Network[] {
  const folder = join(data, 'onnx');
  const at = (name: string) => join(folder, name);
  return ['mobilenetv3_small_050', 'mobilenetv2_050']
    .filter((name) => existsSync(at(`${name}.onnx`)))
    .map((name) => ({
      name,
      source: 'stored ONNX',
      files: { model: at(`${name}.onnx`), input: at('input.f32'), features: at(`${name}.features.f32`) },
    }));
}

const TIMM = [
  ...['resnet18', 'mobilenetv3_small_100', 'efficientnet_b0', 'convnext_atto'],
  ...['vit_tiny_patch16_224', 'regnetx_002', 'densenet121'],
];

/** Networks of timm with random weights, from both of PyTorch's exporters. */
export const timmNetworks = (python: string): Network[] =>
  TIMM.flatMap((name) =>
    ['dynamo', 'torchscript'].map((exporter) => ({
      name,
      source: `timm, ${exporter}`,
      make: (folder) => ({
        command: python,
        args: [
          join(import.meta.dirname, '..', 'peers', 'timm_model.py'),
          ...['--name', name, '--exporter', exporter, '--out', folder],
        ],
      }),
    })),
  );

/** Keras's image applications, and the format in which each is saved. */
const KERAS: Readonly<Record<string, 'keras' | 'h5'>> = {
  MobileNet: 'h5',
  MobileNetV2: 'keras',
  MobileNetV3Small: 'h5',
  MobileNetV3Large: 'keras',
  ResNet50: 'keras',
  ResNet50V2: 'h5',
  EfficientNetB0: 'keras',
  EfficientNetB1: 'keras',
  EfficientNetB2: 'keras',
  EfficientNetB3: 'h5',
  EfficientNetV2B0: 'h5',
  EfficientNetV2S: 'keras',
  DenseNet121: 'h5',
  InceptionV3: 'keras',
  Xception: 'keras',
  VGG16: 'keras',
  ConvNeXtTiny: 'keras',
  NASNetMobile: 'keras',
};

/** Networks of Keras with random weights. */
export const kerasNetworks = (python: string): Network[] =>
  Object.entries(KERAS).map(([name, format]) => ({
    name,
    source: `Keras, .${format}`,
    make: (folder) => ({
      command: python,
      args: [
        join(import.meta.dirname, '..', 'peers', 'keras_application.py'),
        ...['--application', name, '--format', format, '--out', folder],
      ],
    }),
  }));

/** The MobileNet V1 of TensorFlow.js beside the checkout, compared with a graph of it made by hand. */
export const layersModels = (data: string): Network[] =>
  existsSync(join(data, 'mobilenet-v1-imagenet'))
    ? [
        {
          name: 'mobilenet_v1_imagenet',
          source: 'TensorFlow.js',
          make: (folder) => ({
            command: process.execPath,
            args: [...process.execArgv, join(import.meta.dirname, 'layers-model.ts'), data, folder],
          }),
        },
      ]
    : [];
