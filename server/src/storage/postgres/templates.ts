import type { Template } from '#domain/template.ts';
import type { StoredTemplate } from '#service/records.ts';
import type { ApplicationNumbers } from '#storage/postgres/application-numbers.ts';
import { findNumber, requireNumber } from '#storage/postgres/applications.ts';
import type { Sql } from '#storage/postgres/sql.ts';
import { type TemplateRow, toTemplate } from '#storage/steps/setting-rows.ts';

export function createTemplates(sql: Sql, numbers: ApplicationNumbers) {
  return {
    async save(applicationId: string, template: Template, nowMs: number): Promise<StoredTemplate> {
      const application = await requireNumber(numbers, applicationId);
      await sql.run(
        'INSERT INTO template (application, name, body, updated_at_ms) VALUES ($1, $2, $3, $4) ' +
          'ON CONFLICT (application, name) DO UPDATE SET body = excluded.body, ' +
          'updated_at_ms = excluded.updated_at_ms',
        [application, template.name, JSON.stringify(template), nowMs],
      );
      return { template, updatedAtMs: nowMs };
    },
    async read(applicationId: string, name: string): Promise<StoredTemplate | null> {
      const application = await findNumber(numbers, applicationId);
      if (application === undefined) return null;
      const text = 'SELECT body, updated_at_ms FROM template WHERE application = $1 AND name = $2';
      const [row] = await sql.rows<TemplateRow>(text, [application, name]);
      return row === undefined ? null : toTemplate(row);
    },
    async list(applicationId: string): Promise<StoredTemplate[]> {
      const application = await findNumber(numbers, applicationId);
      if (application === undefined) return [];
      const text = 'SELECT body, updated_at_ms FROM template WHERE application = $1 ORDER BY name';
      return (await sql.rows<TemplateRow>(text, [application])).map(toTemplate);
    },
    async remove(applicationId: string, name: string): Promise<boolean> {
      const application = await findNumber(numbers, applicationId);
      if (application === undefined) return false;
      const text = 'DELETE FROM template WHERE application = $1 AND name = $2';
      return (await sql.run(text, [application, name])) > 0;
    },
  };
}
