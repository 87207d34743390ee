#pragma once

#include <string>

#include "models/model.h"
#include "train/checkpoint.h"

namespace fcn {

/// What the models of a training call their input and their head, and the weight of its loss, all of which came with
/// the weights that it began with; nothing where the model names none. (Names of the data's are in its configuration.)
/// A run that is resumed makes the same models.
void WriteRoles(const ModelContents& model, Checkpoint& checkpoint);

/// Names the model's input and head as the checkpoint says, if it does. Throws Error(kInput) where that is malformed;
/// `where` (the file) begins the message.
void ReadRoles(const Checkpoint& checkpoint, const std::string& where, ModelContents& model);

}  // namespace fcn
