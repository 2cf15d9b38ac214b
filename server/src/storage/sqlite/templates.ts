import type { Template } from '#domain/template.ts';
import type { StoredTemplate } from '#service/records.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import { type TemplateRow, toTemplate } from '#storage/steps/setting-rows.ts';

export function createTemplates(database: Database, applications: Applications) {
  const save = database.prepare(
    'INSERT INTO template (application, name, body, updated_at_ms) VALUES (?, ?, ?, ?) ' +
      'ON CONFLICT DO UPDATE SET body = excluded.body, updated_at_ms = excluded.updated_at_ms',
  );
  const byName = database.prepare<TemplateRow>(
    'SELECT body, updated_at_ms FROM template WHERE application = ? AND name = ?',
  );
  const all = database.prepare<TemplateRow>(
    'SELECT body, updated_at_ms FROM template WHERE application = ? ORDER BY name',
  );
  const remove = database.prepare('DELETE FROM template WHERE application = ? AND name = ?');
  return {
    save(applicationId: string, template: Template, nowMs: number): StoredTemplate {
      const application = applications.requireNumber(applicationId);
      save.run(application, template.name, JSON.stringify(template), nowMs);
      return { template, updatedAtMs: nowMs };
    },
    read(applicationId: string, name: string): StoredTemplate | null {
      const row = byName.get(applications.numberOf(applicationId), name);
      return row === undefined ? null : toTemplate(row);
    },
    list: (applicationId: string): StoredTemplate[] =>
      all.all(applications.numberOf(applicationId)).map(toTemplate),
    remove: (applicationId: string, name: string): boolean =>
      remove.run(applications.numberOf(applicationId), name) > 0,
  };
}
