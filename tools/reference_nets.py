"""The networks of src/models in PyTorch where neither the two peers nor torchvision have them: other strides, VGG16
without the 100 pixels of padding, skips on ResNet, larger members of EfficientNet-lite, LeNet, AlexNet and Caffe's GoogLeNet.
Parameter names are the peers', of the last three Caffe's."""
import math

import torch
from torch import nn
from torch.nn import functional as F


def resize_to(x, like):
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


def crop(x, offset, like):
    return x[:, :, offset:offset + like.shape[2], offset:offset + like.shape[3]]


class Vgg16Fcn(nn.Module):
    """FCN-32s, 16s, 8s, 4s or 2s on VGG16: with padding and crops as in the paper, or (resize) without. filters:
    transposed convolutions in place of resizing; skip_scale and fc_channels are those of NetworkForm."""

    # Offsets of the crops, from the coordinate maps of the padded network: skips first, then the image's.
    CROPS = {32: (19,), 16: (5, 27), 8: (5, 9, 31), 4: (5, 9, 17, 33), 2: (5, 9, 17, 33, 34)}

    def __init__(self, stride, classes=21, resize=False, filters=False, skip_scale=1, fc_channels=4096):
        super().__init__()
        self.resize, self.crops, self.stride, self.filters = resize, self.CROPS[stride], stride, filters
        self.skip_scale = skip_scale
        layers, channels = [], 3
        for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
            if width == 0:
                layers.append(nn.MaxPool2d(2, 2, ceil_mode=True))
            else:
                layers += [nn.Conv2d(channels, width, 3, padding=1 if layers or resize else 100), nn.ReLU()]
                channels = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Conv2d(512, fc_channels, 7, padding=3 if resize else 0), nn.ReLU(),
                                        nn.Dropout(), nn.Conv2d(fc_channels, fc_channels, 1), nn.ReLU(), nn.Dropout())
        self.score_fr = nn.Conv2d(fc_channels, classes, 1)
        skips = [("pool4", 512), ("pool3", 256), ("pool2", 128), ("pool1", 64)][:len(self.crops) - 1]
        self.skips = [name for name, _ in skips]
        for name, width in skips:
            setattr(self, "score_" + name, nn.Conv2d(width, classes, 1))
        if not resize:
            names = ["upscore2"] + ["upscore_" + name for name in self.skips] if skips else []
            for name in names[:-1]:
                setattr(self, name, nn.ConvTranspose2d(classes, classes, 4, 2, bias=False))
            last = {32: "upscore", 2: "upscore_pool1"}.get(stride, f"upscore{stride}")
            self.ups = names[:-1] + [last]
            setattr(self, self.ups[-1], nn.ConvTranspose2d(classes, classes, 2 * stride, stride, bias=False))
        elif filters:
            for name in self.skips:
                setattr(self, "upscore_to_score_" + name, nn.ConvTranspose2d(classes, classes, 4, 2, 1, bias=False))
            setattr(self, f"upscore{stride}", nn.ConvTranspose2d(classes, classes, 2 * stride, stride, stride // 2, bias=False))

    def up(self, name, x, like):
        return crop(getattr(self, name)(x), 0, like) if self.filters else resize_to(x, like)

    def forward(self, image):
        pools, x = {}, image
        for layer in self.features:
            x = layer(x)
            if isinstance(layer, nn.MaxPool2d):
                pools[f"pool{len(pools) + 1}"] = x
        score = self.score_fr(self.classifier(x))
        for i, name in enumerate(self.skips):
            fine = getattr(self, "score_" + name)(pools[name] * self.skip_scale ** (i + 1))
            if self.resize:
                score = self.up("upscore_to_score_" + name, score, fine) + fine
            else:
                up = getattr(self, self.ups[i])(score)
                score = up + crop(fine, self.crops[i], up)
        if self.resize:
            return self.up(f"upscore{self.stride}", score, image)
        return crop(getattr(self, self.ups[-1])(score), self.crops[-1], image)


class SameConv(nn.Conv2d):
    """Without bias, with TensorFlow's SAME padding as it falls for maps of `side` pixels."""

    def __init__(self, inputs, outputs, side, kernel=1, stride=1, groups=1):
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=False)
        total = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
        self.pads = (total // 2, total - total // 2) * 2

    def forward(self, x):
        return super().forward(F.pad(x, self.pads))


class LiteBlock(nn.Module):
    def __init__(self, inputs, outputs, side, expansion, stride, kernel):
        super().__init__()
        middle, self.skip = inputs * expansion, stride == 1 and inputs == outputs
        if expansion != 1:
            self._expand_conv, self._bn0 = SameConv(inputs, middle, side), nn.BatchNorm2d(middle, eps=1e-3)
        self._depthwise_conv = SameConv(middle, middle, side, kernel, stride, middle)
        self._bn1 = nn.BatchNorm2d(middle, eps=1e-3)
        self._project_conv, self._bn2 = SameConv(middle, outputs, side), nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x):
        y = F.relu6(self._bn0(self._expand_conv(x))) if hasattr(self, "_expand_conv") else x
        y = self._bn2(self._project_conv(F.relu6(self._bn1(self._depthwise_conv(y)))))
        return x + y if self.skip else y


class EfficientNetLite(nn.Module):
    """lite0 to lite2: width and depth are multipliers, side is that of the pictures that a member is trained on."""

    # expansion, channels, repeats, stride of the first, kernel
    STAGES = ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5),
              (6, 192, 4, 2, 5), (6, 320, 1, 1, 3))

    def __init__(self, width, depth, side, head=True):
        super().__init__()
        self._conv_stem, self._bn0 = SameConv(3, 32, side, 3, 2), nn.BatchNorm2d(32, eps=1e-3)
        blocks, inputs, side, self.tap_at, self.channels = [], 32, math.ceil(side / 2), [], []
        for number, (expansion, channels, repeats, first_stride, kernel) in enumerate(self.STAGES):
            rounded = max(8, int(channels * width + 4) // 8 * 8)
            channels = rounded if rounded >= 0.9 * channels * width else rounded + 8
            if 0 < number < len(self.STAGES) - 1:
                repeats = math.ceil(repeats * depth)
            if first_stride == 2 and number > 1:
                self.tap_at.append(len(blocks))
                self.channels.append(inputs)
            for i in range(repeats):
                stride = first_stride if i == 0 else 1
                blocks.append(LiteBlock(inputs, channels, side, expansion, stride, kernel))
                inputs, side = channels, math.ceil(side / stride)
        self.channels.append(inputs)
        self._blocks = nn.ModuleList(blocks)
        if head:
            self._conv_head, self._bn1 = SameConv(inputs, 1280, side), nn.BatchNorm2d(1280, eps=1e-3)
            self._fc = nn.Linear(1280, 1000)

    def taps(self, x):
        """The maps at strides 4, 8, 16 and 32."""
        x, found = F.relu6(self._bn0(self._conv_stem(x))), []
        for i, block in enumerate(self._blocks):
            if i in self.tap_at:
                found.append(x)
            x = block(x)
        return [*found, x]

    def forward(self, x):
        x = F.relu6(self._bn1(self._conv_head(self.taps(x)[-1])))
        return self._fc(x.mean((2, 3)))


LITE_MEMBERS = {"efficientnet-lite1": (1.0, 1.1, 240), "efficientnet-lite2": (1.1, 1.2, 260)}


class LiteFcn(nn.Module):
    """FCN-32s, 16s, 8s or 4s on EfficientNet-lite, of which the maps at strides 4, 8, 16 and 32 have these channels."""

    def __init__(self, backbone, stride, classes=21, channels=(24, 40, 112, 320)):
        super().__init__()
        self.backbone = backbone
        self.strides = [s for s in (32, 16, 8, 4) if s >= stride]
        for s in self.strides:
            setattr(self, f"score{s}", nn.Conv2d(dict(zip((4, 8, 16, 32), channels))[s], classes, 1))

    def forward(self, image):
        taps = dict(zip((4, 8, 16, 32), self.backbone.taps(image)))
        score = None
        for s in self.strides:
            finer = getattr(self, f"score{s}")(taps[s])
            score = finer if score is None else resize_to(score, finer) + finer
        return resize_to(score, image)


class LeNet(nn.Module):
    """Caffe's. fcn: padded by 14, with a score at every fourth pixel, upsampled to the picture's size."""

    def __init__(self, fcn=False):
        super().__init__()
        self.fcn = fcn
        self.conv1, self.conv2 = nn.Conv2d(1, 20, 5, padding=14 if fcn else 0), nn.Conv2d(20, 50, 5)
        self.ip1 = nn.Conv2d(50, 500, 4) if fcn else nn.Linear(800, 500)
        self.ip2 = nn.Conv2d(500, 10, 1) if fcn else nn.Linear(500, 10)
        if fcn:
            self.upscore = nn.ConvTranspose2d(10, 10, 8, 4, bias=False)

    def forward(self, image):
        x = F.max_pool2d(self.conv1(image), 2, 2, ceil_mode=True)
        x = F.max_pool2d(self.conv2(x), 2, 2, ceil_mode=True)
        scores = self.ip2(F.relu(self.ip1(x if self.fcn else x.flatten(1))))
        return crop(self.upscore(scores), 4, image) if self.fcn else scores


class AlexNet(nn.Module):
    """torchvision's form or Caffe's two: norms are "none", "after" (CaffeNet) or "before" the poolings. A stride makes it
    an FCN with padding and crops; without one it is the classifier."""

    CROPS = {32: (18,), 16: (5, 18), 8: (5, 10, 18)}

    def __init__(self, norms, stride=0, classes=21):
        super().__init__()
        self.norms, self.stride, caffes = norms, stride, norms != "none"
        channels, groups = ((96, 256, 384, 384, 256), 2) if caffes else ((64, 192, 384, 256, 256), 1)
        self.ceil = caffes or stride > 0
        self.conv1 = nn.Conv2d(3, channels[0], 11, 4, padding=100 if stride else 0 if caffes else 2)
        for i, (kernel, group) in enumerate(((5, groups), (3, 1), (3, groups), (3, groups)), start=1):
            conv = nn.Conv2d(channels[i - 1], channels[i], kernel, padding=kernel // 2, groups=group)
            setattr(self, f"conv{i + 1}", conv)
        self.fc6 = nn.Conv2d(256, 4096, 6) if stride else nn.Linear(256 * 36, 4096)
        self.fc7 = nn.Conv2d(4096, 4096, 1) if stride else nn.Linear(4096, 4096)
        if not stride:
            self.fc8 = nn.Linear(4096, 1000)
            return
        self.score_fr = nn.Conv2d(4096, classes, 1)
        self.skips = ["pool2", "pool1"][:len(self.CROPS[stride]) - 1]
        for name, width in zip(self.skips, (channels[1], channels[0])):
            setattr(self, "score_" + name, nn.Conv2d(width, classes, 1))
        self.ups = (["upscore2"] + ["upscore_" + name for name in self.skips])[:len(self.skips)]
        for name in self.ups:
            setattr(self, name, nn.ConvTranspose2d(classes, classes, 3, 2, bias=False))
        self.ups.append(f"upscore{stride}" if self.skips else "upscore")
        setattr(self, self.ups[-1], nn.ConvTranspose2d(classes, classes, 2 * stride - 1, stride, bias=False))

    def pool(self, x):
        return F.max_pool2d(x, 3, 2, ceil_mode=self.ceil)

    def forward(self, image):
        pools, x = {}, image
        for i in (1, 2):
            x = F.relu(getattr(self, f"conv{i}")(x))
            if self.norms == "before":
                x = F.local_response_norm(x, 5, k=1)
            x = pools[f"pool{i}"] = self.pool(x)
            if self.norms == "after":
                x = F.local_response_norm(x, 5, k=1)
        for i in (3, 4, 5):
            x = F.relu(getattr(self, f"conv{i}")(x))
        x = self.pool(x)
        x = F.relu(self.fc7(F.relu(self.fc6(x if self.stride else x.flatten(1)))))
        if not self.stride:
            return self.fc8(x)
        score, crops = self.score_fr(x), self.CROPS[self.stride]
        for i, name in enumerate(self.skips):
            up = getattr(self, self.ups[i])(score)
            score = up + crop(getattr(self, "score_" + name)(pools[name]), crops[i], up)
        return crop(getattr(self, self.ups[-1])(score), crops[-1], image)


class CaffeGoogLeNet(nn.Module):
    """bvlc_googlenet without its auxiliary classifiers; taps(x) gives the last maps at strides 4, 8, 16 and 32."""

    CHANNELS = (192, 480, 832, 1024)
    # 1×1; 3×3 and what comes before it; 5×5 and what comes before it; the projection of the pooled map
    MODULES = {"3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
               "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
               "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128),
               "5b": (384, 192, 384, 48, 128, 128)}

    def __init__(self, head=True):
        super().__init__()
        self.conv("conv1/7x7_s2", 3, 64, 7)
        self.conv("conv2/3x3_reduce", 64, 64, 1)
        self.conv("conv2/3x3", 64, 192, 3)
        inputs = 192
        for name, (one, reduce3, three, reduce5, five, projection) in self.MODULES.items():
            for layer, before, after, kernel in (("1x1", inputs, one, 1), ("3x3_reduce", inputs, reduce3, 1),
                                                 ("3x3", reduce3, three, 3), ("5x5_reduce", inputs, reduce5, 1),
                                                 ("5x5", reduce5, five, 5), ("pool_proj", inputs, projection, 1)):
                self.conv(f"inception_{name}/{layer}", before, after, kernel)
            inputs = one + three + five + projection
        if head:
            self.add_module("loss3/classifier", nn.Linear(1024, 1000))

    def conv(self, name, inputs, outputs, kernel):
        self.add_module(name, nn.Conv2d(inputs, outputs, kernel, 2 if kernel == 7 else 1, padding=kernel // 2))

    def run(self, name, x):
        return F.relu(self._modules[name](x))

    def inception(self, name, x):
        run = lambda layer, x: self.run(f"inception_{name}/{layer}", x)
        return torch.cat([run("1x1", x), run("3x3", run("3x3_reduce", x)), run("5x5", run("5x5_reduce", x)),
                          run("pool_proj", F.max_pool2d(x, 3, 1, 1))], 1)

    def taps(self, x):
        pool = lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True)
        x = F.local_response_norm(pool(self.run("conv1/7x7_s2", x)), 5, k=1)
        x = self.run("conv2/3x3", self.run("conv2/3x3_reduce", x))
        found = [F.local_response_norm(x, 5, k=1)]
        for stage in "345":
            x = pool(found[-1])
            for name in self.MODULES:
                x = self.inception(name, x) if name[0] == stage else x
            found.append(x)
        return found

    def forward(self, x):
        return self._modules["loss3/classifier"](self.taps(x)[-1].mean((2, 3)))


class GoogLeNetFcn(nn.Module):
    """FCN-32s, 16s, 8s or 4s on torchvision's GoogLeNet ("backbone.") or on Caffe's, whose layers are its own."""

    def __init__(self, googlenet, stride, classes=21):
        super().__init__()
        self.of_caffe = isinstance(googlenet, CaffeGoogLeNet)
        if self.of_caffe:
            for name, module in googlenet.named_children():
                self.add_module(name, module)
            self.taps = googlenet.taps
        else:
            self.backbone = googlenet
            self.backbone.fc = nn.Identity()
        self.strides = [s for s in (32, 16, 8, 4) if s >= stride]
        for s in self.strides:
            setattr(self, f"score{s}", nn.Conv2d(dict(zip((4, 8, 16, 32), CaffeGoogLeNet.CHANNELS))[s], classes, 1))

    def taps(self, x):
        net = self.backbone
        found = [net.conv3(net.conv2(net.maxpool1(net.conv1(x))))]
        found.append(net.inception3b(net.inception3a(net.maxpool2(found[-1]))))
        x = net.maxpool3(found[-1])
        for name in "abcde":
            x = getattr(net, "inception4" + name)(x)
        found.append(x)
        return [*found, net.inception5b(net.inception5a(net.maxpool4(x)))]

    def forward(self, image):
        taps, score = dict(zip((4, 8, 16, 32), self.taps(image))), None
        for s in self.strides:
            finer = getattr(self, f"score{s}")(taps[s])
            score = finer if score is None else resize_to(score, finer) + finer
        return resize_to(score, image)


class ResNetFcn(nn.Module):
    """FCN-32s, 16s, 8s or 4s on torchvision's ResNet-50 or -101."""

    def __init__(self, resnet, stride, classes=21):
        super().__init__()
        self.backbone = resnet
        self.backbone.fc = nn.Identity()
        self.strides = [s for s in (32, 16, 8, 4) if s >= stride]
        for s in self.strides:
            setattr(self, f"score{s}", nn.Conv2d(64 * s, classes, 1))

    def forward(self, image):
        net, taps = self.backbone, {}
        x = net.maxpool(net.relu(net.bn1(net.conv1(image))))
        for stage in range(4):
            x = taps[4 << stage] = getattr(net, f"layer{stage + 1}")(x)
        score = None
        for s in self.strides:
            finer = getattr(self, f"score{s}")(taps[s])
            score = finer if score is None else resize_to(score, finer) + finer
        return resize_to(score, image)


def scores_only(net):
    """A torchvision segmentation network that gives its scores and not a dictionary of them."""
    forward = net.forward
    net.forward = lambda image: forward(image)["out"]
    return net
