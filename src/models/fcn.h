#pragma once

#include "graph/graph.h"
#include "models/alexnet.h"
#include "models/efficientnet_lite.h"
#include "models/googlenet.h"
#include "models/ports.h"
#include "models/resnet.h"

namespace fcn {

/// Each network gives N×H×W×scores of each head for inputs of any size, all N×H×W×bands. `stride` is that of the finest
/// skip: 32, 16, 8 or 4, on VGG16 also 2. All throw Error(kUsage) for another stride, and as CheckPorts.
///
/// The ports' form may ask for other upsampling: where a network resizes, transposed convolutions (upscore_to_*, and to
/// the picture's size upscore, upscore16, …) with crops. With a skip_scale each skip's scores read a Scale (scale_*).

/// The paper's reference form on VGG16: 100 pixels of padding, fully connected layers as convolutions, scores of pool4
/// (stride 16), pool3 (8), pool2 (4) and pool1 (2) added to the upsampled coarser ones, transposed convolutions
/// (upscore*, begun as bilinear) and crops. Names are those of its published networks: score_fr, upscore2, score_pool4,
/// fuse_pool4, …; FCN-4s and FCN-2s are ours, going on with pool2 and pool1 as they do with pool3. Throws also
/// Error(kUsage) for a form that resizes: 100 pixels of padding are only undone by crops.
Graph Vgg16Fcn(int stride, const Ports& ports);

/// FCN-32s with a VGG16 for each input ("towers.NAME."), whose scores are averaged before they are upsampled: the
/// paper's late fusion of colour and HHA.
Graph Vgg16LateFusion(const Ports& ports);

/// The same without the 100 pixels: conv1_1 and fc6 keep the size of their maps (padding 1 and 3), and scores are
/// resized to the finer map's size with half-pixel centres, so that nothing is cropped. Five times less work for small
/// images.
Graph Vgg16FcnUnpadded(int stride, const Ports& ports);

/// The same on AlexNet, with scores of pool2 (stride 16) and pool1 (8); of CaffeNet FCN-32s is the paper's published
/// one. Strides are 32, 16 and 8.
Graph AlexNetFcn(const AlexNetForm& form, int stride, const Ports& ports);

/// LeNet with its fully connected layers as convolutions, at stride 4. Its image is padded by half of the 28 pixels
/// that it reads, so that there is a score for each place of those pixels' middle.
Graph LeNetFcn(const Ports& ports);

/// EfficientNet-lite (its parameters under "backbone.") with 1×1 scores of the maps at strides 32 to `stride`, called
/// score32, score16, …, added after bilinear resizing.
Graph EfficientNetLiteFcn(const EfficientNetLite& member, int stride, const Ports& ports);

/// The same on GoogLeNet, without its last pooling; its parameters are under "backbone." in torchvision's form, and
/// called as in the classifier in Caffe's.
Graph GoogLeNetFcn(GoogLeNetForm form, int stride, const Ports& ports);

/// The same on ResNet-50 or -101, with its usual strides.
Graph ResNetFcn(const ResNetBlocks& blocks, int stride, const Ports& ports);

/// EfficientNetLiteFcn with a network for each input ("towers.NAME."), whose fused scores are averaged.
Graph EfficientNetLiteLateFusion(const EfficientNetLite& member, int stride, const Ports& ports);

/// torchvision's fcn_resnet50 and fcn_resnet101: the dilated network ("backbone."), a 3×3 convolution to a quarter of
/// its channels with batch norm, ReLU and dropout, and 1×1 scores ("classifier."), at stride 8, resized to the image's
/// size. Without the auxiliary scores of its third stage, which serve its training alone.
Graph DilatedResNetFcn(const ResNetBlocks& blocks, const Ports& ports);

}  // namespace fcn
