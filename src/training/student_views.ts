/** @file What a distillation shows on its way: the student's restorations beside its teacher's, and their metrics. */
import type { Engine, HostArray } from '../engine/types.js';
import { multiStepPass, type Pass } from '../teacher/pass.js';
import type { RestorationModel } from '../teacher/restoration_model.js';
import type { GridRow } from '../images/image_grid.js';
import { sampleRows, type HeldOutImage, type ValidationPair, type ValidationResult } from '../methods/method.js';
import type { ResidentPerceptual } from '../models/resident_perceptual.js';
import { RestoreValidation, restorePair } from './restore_validation.js';
import type { ValidationMeasures } from './validation_measures.js';

/** Validation and sample images of a student. */
export class StudentViews {
  private readonly teacher: Pass;
  private readonly teacherImages = new Map<string, HostArray>();
  private readonly validation: RestoreValidation;

  /**
   * @param model The teacher's networks and process.
   * @param teacherGroup Resident group of its U-Net.
   * @param student How the student restores.
   */
  constructor(
    engine: Engine,
    model: RestorationModel,
    teacherGroup: string,
    private readonly student: Pass,
    measures: ValidationMeasures,
    perceptual?: ResidentPerceptual,
  ) {
    this.teacher = multiStepPass(engine, model, 'stochastic', teacherGroup);
    this.validation = new RestoreValidation(engine, measures, perceptual);
  }

  validate(pairs: readonly ValidationPair[]): Promise<ValidationResult> {
    return this.validation.validate(this.student, pairs);
  }

  validateTeacher(pairs: readonly ValidationPair[]): Promise<ValidationResult> {
    return this.validation.validate(this.teacher, pairs);
  }

  sample(images: readonly HeldOutImage[]): Promise<{ rows: GridRow[]; columns: string[] }> {
    const steps = ({ evaluations }: Pass): string => `${evaluations} step${evaluations === 1 ? '' : 's'}`;
    const labels = [`student, ${steps(this.student)}`, `teacher, ${steps(this.teacher)}`];
    return sampleRows(images, labels, async (image) => {
      const teacher = this.teacherImages.get(image.name) ?? (await restorePair(this.teacher, image));
      this.teacherImages.set(image.name, teacher);
      return [await restorePair(this.student, image), teacher];
    });
  }
}
