"""The networks of src/models in PyTorch where neither the two peers nor torchvision have them: other strides, VGG16
without the 100 pixels of padding, skips on ResNet. Parameter names are the peers'."""
from torch import nn
from torch.nn import functional as F


def resize_to(x, like):
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


def crop(x, offset, like):
    return x[:, :, offset:offset + like.shape[2], offset:offset + like.shape[3]]


class Vgg16Fcn(nn.Module):
    """FCN-32s, 16s, 8s or 4s on VGG16: with padding and crops as in the paper, or (resize) without."""

    # Offsets of the crops, from the coordinate maps of the padded network: skips first, then the image's.
    CROPS = {32: (19,), 16: (5, 27), 8: (5, 9, 31), 4: (5, 9, 17, 33)}

    def __init__(self, stride, classes=21, resize=False):
        super().__init__()
        self.resize, self.crops = resize, self.CROPS[stride]
        layers, channels = [], 3
        for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
            if width == 0:
                layers.append(nn.MaxPool2d(2, 2, ceil_mode=True))
            else:
                layers += [nn.Conv2d(channels, width, 3, padding=1 if layers or resize else 100), nn.ReLU()]
                channels = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Conv2d(512, 4096, 7, padding=3 if resize else 0), nn.ReLU(), nn.Dropout(),
                                        nn.Conv2d(4096, 4096, 1), nn.ReLU(), nn.Dropout())
        self.score_fr = nn.Conv2d(4096, classes, 1)
        skips = [("pool4", 512), ("pool3", 256), ("pool2", 128)][:len(self.crops) - 1]
        self.skips = [name for name, _ in skips]
        for name, width in skips:
            setattr(self, "score_" + name, nn.Conv2d(width, classes, 1))
        if not resize:
            names = ["upscore2"] + ["upscore_" + name for name in self.skips] if skips else []
            for name in names[:-1]:
                setattr(self, name, nn.ConvTranspose2d(classes, classes, 4, 2, bias=False))
            self.ups = names[:-1] + [f"upscore{stride}" if skips else "upscore"]
            setattr(self, self.ups[-1], nn.ConvTranspose2d(classes, classes, 2 * stride, stride, bias=False))

    def forward(self, image):
        pools, x = {}, image
        for layer in self.features:
            x = layer(x)
            if isinstance(layer, nn.MaxPool2d):
                pools[f"pool{len(pools) + 1}"] = x
        score = self.score_fr(self.classifier(x))
        for i, name in enumerate(self.skips):
            fine = getattr(self, "score_" + name)(pools[name])
            if self.resize:
                score = resize_to(score, fine) + fine
            else:
                up = getattr(self, self.ups[i])(score)
                score = up + crop(fine, self.crops[i], up)
        if self.resize:
            return resize_to(score, image)
        return crop(getattr(self, self.ups[-1])(score), self.crops[-1], image)


class Lite0Fcn(nn.Module):
    """FCN-32s, 16s, 8s or 4s on the peer's EfficientNet-lite0."""

    CHANNELS = {32: 320, 16: 112, 8: 40, 4: 24}

    def __init__(self, backbone, stride, classes=21):
        super().__init__()
        self.backbone = backbone
        self.strides = [s for s in (32, 16, 8, 4) if s >= stride]
        for s in self.strides:
            setattr(self, f"score{s}", nn.Conv2d(self.CHANNELS[s], classes, 1))

    def forward(self, image):
        taps = dict(zip((4, 8, 16, 32), self.backbone.taps(image)))
        score = None
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
