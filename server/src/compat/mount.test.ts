import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFacade } from '#compat/facade.fixture.ts';
import { facades } from '#compat/index.ts';
import type { FacadeName } from '#compat/names.ts';

/** Calls that no vendor has, below what each has on its own host. */
const unknownPaths: Readonly<Record<FacadeName, readonly string[]>> = {
  verifynow: ['/verification/v3/nothing', '/auth/v1/nothing'],
  smscx: ['/otp/a/b', '/applications/a/b', '/oauth/nothing'],
  capillary: ['/v2/otp/nothing', '/v3/oauth/token'],
  fast2sms: ['/dev/nothing', '/dev/otp/nothing', '/dev/bulkV2/x?authorization=key'],
  pega: ['/prweb/nothing', '/PRWeb/PRRestService/api/v1/authenticate/otp/verif'],
};

for (const facade of facades) {
  const paths = unknownPaths[facade.name];

  test(`what ${facade.name} does not have is not found in its vendor's words`, async () => {
    const opened = await openFacade(facade);
    for (const { paths: own } of facade.routes({ service: opened.service })) {
      for (const path of own.filter((one) => !one.startsWith('/:'))) {
        assert.ok(
          facade.roots.some((root) => `${path}/`.startsWith(`${root}/`)),
          path,
        );
      }
    }
    const answerOf = async (url: string) => {
      const { statusCode, headers, body } = await opened.app.inject({ method: 'POST', url });
      return { statusCode, type: headers['content-type'], body };
    };
    const own = await answerOf(`/compat/${facade.name}/nothing`);
    assert.notEqual(own.type, 'application/problem+json');
    const words = (text: string) => Object.keys(JSON.parse(text) as object);
    for (const path of paths) {
      const { body, ...rest } = await answerOf(path);
      assert.deepEqual(
        { ...rest, words: words(body) },
        { statusCode: own.statusCode, type: own.type, words: words(own.body) },
        path,
      );
    }
    for (const path of ['/nothing', '/v2/verifications', '/v3/nothing', '/otps', '/developers']) {
      assert.match((await answerOf(path)).body, /"code":"route_not_found"/, path);
    }
    await opened.end();
  });
}
